package dev.sluice.provider;

import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/** The stream of one answer's bytes. On the loop of its connection, a piece costs one message; anywhere else it works as well. */
final class ReplySource extends GraphStage<SourceShape<ByteString>> {
    private final Outlet<ByteString> out = Outlet.create("answer");
    private final SourceShape<ByteString> shape = SourceShape.of(out);
    private final Reply reply;

    ReplySource(Reply reply) {
        this.reply = reply;
    }

    @Override
    public SourceShape<ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic implements Reply.Reader {
        private final AsyncCallback<ByteString> read = createAsyncCallback(bytes -> push(out, bytes));
        private final AsyncCallback<ByteString> ended = createAsyncCallback(this::end);
        private final AsyncCallback<Throwable> failed = createAsyncCallback(this::failStage);

        Logic() {
            super(shape);
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    reply.demand();
                }
            });
        }

        @Override
        public void preStart() {
            reply.attach(this);
        }

        private void end(ByteString last) {
            if (!last.isEmpty()) {
                push(out, last);
            }
            completeStage();
        }

        @Override
        public void postStop() {
            reply.detach();
        }

        @Override
        public void read(ByteString bytes) {
            read.invoke(bytes);
        }

        @Override
        public void ended(ByteString last) {
            ended.invoke(last);
        }

        @Override
        public void failed(Throwable failure) {
            failed.invoke(failure);
        }
    }
}
