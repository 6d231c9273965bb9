package dev.sluice.wire.bedrock;

import dev.sluice.wire.Answer;
import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Base64Events;
import dev.sluice.wire.EventAnswers;
import dev.sluice.wire.EventReader;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.JsonAnswers;
import dev.sluice.wire.JsonEvents;
import dev.sluice.wire.messages.MessagesAnswers;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Readers of InvokeModel's answers: Anthropic's reader and the one for all other vendors look at the same bytes. */
final class InvokeAnswers {
    private InvokeAnswers() {}

    static AnswerReader document(AnswerHead answer) {
        return new Document(MessagesAnswers.json(), JsonAnswers.reader(VendorShapes.DOCUMENT, new VendorTally(answer)));
    }

    static AnswerReader stream(AnswerHead answer) {
        return EventAnswers.reader(new Base64Events(
                new Events(MessagesAnswers.events(), new JsonEvents<>(VendorShapes.EVENT, new VendorTally(answer)))));
    }

    /** Reads the answer of a token-counting call, which is never usage. */
    static AnswerReader countTokens(AnswerHead answer) {
        return JsonAnswers.reader(VendorShapes.COUNT, new VendorTally(answer));
    }

    private record Document(AnswerReader anthropic, AnswerReader vendor) implements AnswerReader {
        @Override
        public ByteString read(ByteString bytes) {
            anthropic.read(bytes);
            return vendor.read(bytes);
        }

        @Override
        public ByteString end() {
            anthropic.end();
            return vendor.end();
        }

        /** A document has no room behind it. */
        @Override
        public ByteString lastWords(ByteString event) {
            return ByteString.emptyByteString();
        }

        @Override
        public Answer answer() {
            // What is whole and names no reason, as embeddings, has ended well.
            return joined(anthropic.answer(), vendor.answer(), FinishReason.STOP);
        }
    }

    private record Events(EventReader anthropic, EventReader vendor) implements EventReader {
        @Override
        public void feed(byte[] bytes, int from, int to) {
            anthropic.feed(bytes, from, to);
            vendor.feed(bytes, from, to);
        }

        @Override
        public void end() {
            anthropic.end();
            vendor.end();
        }

        @Override
        public Answer answer() {
            return joined(anthropic.answer(), vendor.answer(), null);
        }
    }

    /** What one of the two knows; Anthropic's reader first, which splits cache writes and knows of thinking. */
    private static Answer joined(Answer anthropic, Answer vendor, @Nullable FinishReason unnamed) {
        // Bedrock's errors have a type that the vendor's reader knows.
        var error = vendor.error() != null ? vendor.error() : anthropic.error();
        boolean complete = error == null && (anthropic.complete() || vendor.complete());
        // Llama has a reason where Anthropic has, in other words.
        boolean anthropics = anthropic.finishReason() != FinishReason.OTHER || vendor.finishReason() == null;
        var told = anthropics ? either(anthropic.finishReason(), vendor.finishReason()) : vendor.finishReason();
        return new Answer(
                either(anthropic.usage(), vendor.usage()),
                anthropic.toolCalls().isEmpty() ? vendor.toolCalls() : anthropic.toolCalls(),
                error != null ? FinishReason.ERROR : complete ? either(told, unnamed) : told,
                either(anthropic.finishReasonRaw(), vendor.finishReasonRaw()),
                either(anthropic.model(), vendor.model()),
                anthropic.responseId(),
                either(anthropic.serviceTier(), vendor.serviceTier()),
                anthropic.speed(),
                anthropic.inferenceGeo(),
                null,
                vendor.countedTokens(),
                error,
                complete,
                Math.max(anthropic.textChars(), vendor.textChars()),
                Math.max(anthropic.outputChars(), vendor.outputChars()));
    }

    private static <T> @Nullable T either(@Nullable T first, @Nullable T other) {
        return first != null ? first : other;
    }
}
