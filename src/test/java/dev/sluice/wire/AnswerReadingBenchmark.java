package dev.sluice.wire;

import dev.sluice.wire.chat.ChatAnswers;
import dev.sluice.wire.messages.MessagesAnswers;
import dev.sluice.wire.responses.ResponsesAnswers;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.apache.pekko.util.ByteString;

/** Nanoseconds and bytes of garbage that reading a plain event costs; run it by hand, it checks nothing. */
final class AnswerReadingBenchmark {
    private static final int EVENTS = 2_000_000;

    private AnswerReadingBenchmark() {}

    public static void main(String[] arguments) {
        var chat = """
                data: {"id":"chatcmpl-stream01","object":"chat.completion.chunk","created":1795200001,"model":"gpt-5.5","service_tier":"default","choices":[{"index":0,"delta":{"content":" Hello"},"finish_reason":null}],"usage":null}

                """;
        var messages = """
                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" très bien"}         }

                """;
        var responses = """
                event: response.output_text.delta
                data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi","logprobs":[],"obfuscation":"abcdefghijklmnop"}

                """;
        var invoked = BedrockAnswersTest.chunk(
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" très bien\"}}");
        var converse = BedrockAnswersTest.event(
                "{\"contentBlockIndex\":0,\"delta\":{\"text\":\" très bien\"},\"p\":\"abcdefghijklmnopqrst\"}");
        for (int round = 0; round < 3; round++) {
            measure("chat", chat, 1, () -> ChatAnswers.stream(false));
            measure("chat, usage hidden", chat, 1, () -> ChatAnswers.stream(true));
            measure("chat, 20 a chunk", chat, 20, () -> ChatAnswers.stream(false));
            measure("messages", messages, 1, MessagesAnswers::stream);
            measure("responses", responses, 1, ResponsesAnswers::stream);
            measure("invoke", invoked, 1, () -> BedrockAnswersTest.streamOf(BedrockAnswersTest.INVOKE));
            measure("converse", converse, 1, () -> BedrockAnswersTest.streamOf(BedrockAnswersTest.CONVERSE));
        }
        weigh("chat", chat, () -> ChatAnswers.stream(false));
        weigh("chat, usage hidden", chat, () -> ChatAnswers.stream(true));
        weigh("messages", messages, MessagesAnswers::stream);
        weigh("responses", responses, ResponsesAnswers::stream);
        weigh("invoke", invoked, () -> BedrockAnswersTest.streamOf(BedrockAnswersTest.INVOKE));
        weigh("converse", converse, () -> BedrockAnswersTest.streamOf(BedrockAnswersTest.CONVERSE));
    }

    /** Live heap of a stream between two events. */
    private static void weigh(String name, String event, Supplier<AnswerReader> readers) {
        weigh(name, event.getBytes(StandardCharsets.UTF_8), readers);
    }

    private static void weigh(String name, byte[] event, Supplier<AnswerReader> readers) {
        var chunk = ByteString.fromArray(event);
        var streams = new AnswerReader[20_000];
        try {
            long before = used();
            for (int i = 0; i < streams.length; i++) {
                streams[i] = readers.get();
                streams[i].read(chunk);
            }
            System.out.printf("%-20s %d bytes a stream%n", name, (used() - before) / streams.length);
        } finally {
            Reference.reachabilityFence(streams);
        }
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static void measure(String name, String event, int together, Supplier<AnswerReader> readers) {
        measure(name, event.repeat(together).getBytes(StandardCharsets.UTF_8), together, readers);
    }

    private static void measure(String name, byte[] events, int together, Supplier<AnswerReader> readers) {
        var chunk = ByteString.fromArray(events);
        var reader = readers.get();
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long garbage = threads.getCurrentThreadAllocatedBytes();
        // Of the processor, since a busy machine takes turns.
        long start = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < EVENTS / together; i++) {
            reader.read(chunk);
        }
        long nanos = threads.getCurrentThreadCpuTime() - start;
        long bytes = threads.getCurrentThreadAllocatedBytes() - garbage;
        System.out.printf(
                "%-20s %4d bytes: %4d ns and %3d bytes of garbage an event%n",
                name, chunk.size() / together, nanos / EVENTS, bytes / EVENTS);
    }
}
