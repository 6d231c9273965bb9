package dev.sluice.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Cuts an answer that has passed into its events. */
final class WholeEvents {
    /** Hears of events. */
    interface Listener {
        /**
         * The next one.
         *
         * @param error what the frame says of it when it says that it is an error; null for any other
         */
        void event(String data, @Nullable String error);
    }

    private WholeEvents() {}

    static void forEach(Framing framing, byte[] plain, Listener listener) {
        switch (framing) {
            case DOCUMENT -> {
                var text = WholeDocument.textOf(plain);
                if (text != null) {
                    listener.event(text, null);
                }
            }
            case SSE -> forEachSent(plain, listener);
            case AWS_EVENTS -> new EventFrames(new Payloads(listener)).read(plain, 0, plain.length);
        }
    }

    private static void forEachSent(byte[] plain, Listener listener) {
        var data = new ByteArrayOutputStream();
        var frames = new SseFrames((bytes, from, to) -> data.write(bytes, from, to - from));
        var at = 0;
        while (at < plain.length) {
            at = frames.read(plain, at, plain.length);
            if (frames.ended()) {
                tell(data, frames.namedError(), listener);
            }
        }
        // An event that lacks only its blank line is whole.
        if (!frames.ended() && JsonTrees.read(data.toString(StandardCharsets.UTF_8)) != null) {
            tell(data, frames.namedError(), listener);
        }
    }

    private static void tell(ByteArrayOutputStream data, boolean isError, Listener listener) {
        if (data.size() > 0 || isError) {
            listener.event(data.toString(StandardCharsets.UTF_8), isError ? "error" : null);
        }
        data.reset();
    }

    /** Of Amazon's frames. */
    private static final class Payloads implements EventFrames.Listener {
        private final Listener listener;
        private final ByteArrayOutputStream payload = new ByteArrayOutputStream();
        private FrameHeaders headers = new FrameHeaders(true, null, null);

        Payloads(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void begin(FrameHeaders read) {
            headers = read;
            payload.reset();
        }

        @Override
        public void payload(byte[] bytes, int from, int to) {
            payload.write(bytes, from, to - from);
        }

        @Override
        public void end() {
            var text = payload.toString(StandardCharsets.UTF_8);
            if (headers.isEvent()) {
                listener.event(unwrapped(text), null);
            } else {
                var explained = text.isEmpty() && headers.message() != null ? headers.message() : text;
                listener.event(explained, headers.type() == null ? "error" : headers.type());
            }
        }

        /** What is another vendor's comes as base64 in an object. */
        private static String unwrapped(String text) {
            if (!text.startsWith("{\"bytes\"") && !text.contains("\"bytes\"")) {
                return text;
            }
            if (!(JsonTrees.read(text) instanceof ObjectNode around)
                    || !around.path("bytes").isTextual()) {
                return text;
            }
            try {
                return new String(
                        Base64.getDecoder().decode(around.path("bytes").textValue()), StandardCharsets.UTF_8);
            } catch (IllegalArgumentException _) {
                return text;
            }
        }
    }
}
