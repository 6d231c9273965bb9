package dev.sluice.net;

import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/** The stream of one body's bytes. On the loop of its channel, a piece costs one message; anywhere else it works as well. */
final class IncomingSource extends GraphStage<SourceShape<ByteString>> {
    private final Outlet<ByteString> out = Outlet.create("body");
    private final SourceShape<ByteString> shape = SourceShape.of(out);
    private final Incoming incoming;

    IncomingSource(Incoming incoming) {
        this.incoming = incoming;
    }

    @Override
    public SourceShape<ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic implements Incoming.Reader {
        private final AsyncCallback<ByteString> read = createAsyncCallback(bytes -> push(out, bytes));
        private final AsyncCallback<ByteString> ended = createAsyncCallback(this::end);
        private final AsyncCallback<Throwable> failed = createAsyncCallback(this::failStage);

        Logic() {
            super(shape);
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    incoming.demand();
                }
            });
        }

        @Override
        public void preStart() {
            incoming.attach(this);
        }

        private void end(ByteString last) {
            if (!last.isEmpty()) {
                push(out, last);
            }
            completeStage();
        }

        @Override
        public void postStop() {
            incoming.detach();
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
