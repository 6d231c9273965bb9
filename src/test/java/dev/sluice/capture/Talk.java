package dev.sluice.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.wire.ToolCall;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;

/** A conversation of an agent about code, as the first wire format has it: it grows from turn to turn, and every request has all of it. */
final class Talk {
    static final Instant NOON = Instant.parse("2026-11-21T12:00:00.5Z");

    private static final String[] SYLLABLES = {
        "ba", "der", "con", "fi", "gu", "ra", "tion", "lo", "ne", "ti", "mo", "del", "ser", "ver", "str", "eam", "ing",
        "pa", "ne", "l", "qui", "x", "o", "us", "ver", "ge", "th", "an", "el", "is"
    };

    private final Random random;
    private final String[] words;
    private final String head;
    private final List<String> messages = new ArrayList<>();

    Talk(long seed, int systemChars) {
        random = new Random(seed);
        words = new String[2_000];
        for (var nth = 0; nth < words.length; nth++) {
            var word = new StringBuilder();
            for (var syllable = 0; syllable <= random.nextInt(3); syllable++) {
                word.append(SYLLABLES[random.nextInt(SYLLABLES.length)]);
            }
            words[nth] = word.toString();
        }
        head =
                "{\"model\":\"test-claude\",\"max_tokens\":32000,\"stream\":true,\"system\":[{\"type\":\"text\",\"text\":\""
                        + prose(systemChars)
                        + "\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[";
    }

    /** About as many characters: sentences, and now and then some lines of code. */
    String prose(int chars) {
        var text = new StringBuilder(chars + 80);
        while (text.length() < chars) {
            if (random.nextInt(8) == 0) {
                text.append("\\n    if (")
                        .append(word())
                        .append(" == ")
                        .append(random.nextInt(10_000))
                        .append(") {\\n        return ")
                        .append(word())
                        .append('.')
                        .append(word())
                        .append("(\\\"")
                        .append(word())
                        .append("\\\");\\n    }\\n");
            } else {
                text.append(word()).append(random.nextInt(12) == 0 ? ". " : " ");
            }
        }
        return text.toString();
    }

    private String word() {
        // Few words are most of any text.
        return words[(int) (words.length * Math.pow(random.nextDouble(), 3))];
    }

    /** The user says something of so many characters. */
    Talk user(int chars) {
        messages.add("{\"role\":\"user\",\"content\":\"" + prose(chars) + "\"}");
        return this;
    }

    byte[] request() {
        return (head + String.join(",", messages) + "],\"metadata\":{\"user_id\":\"u\"}}").getBytes(UTF_8);
    }

    /** The model answers with so many characters, as a stream of events; the next request will have them as a message. */
    byte[] answer(int chars) {
        var text = prose(chars);
        messages.add("{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}");
        var stream = new StringBuilder(
                "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_" + random.nextLong()
                        + "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n"
                        + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
        for (var at = 0; at < text.length(); ) {
            var end = Math.min(text.length(), at + 12);
            // Never in the middle of an escape.
            while (end < text.length() && text.charAt(end - 1) == '\\') {
                end++;
            }
            stream.append(
                            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"")
                    .append(text, at, end)
                    .append("\"}}\n\n");
            at = end;
        }
        return stream.append("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n")
                .append(
                        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":99}}\n\n")
                .append("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
                .toString()
                .getBytes(UTF_8);
    }

    static HttpRequest head(String... headers) {
        var request = HttpRequest.POST("/v1/messages?key=AIza-in-the-query")
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, "{}"))
                .addHeader(RawHeader.create("user-agent", "agent/1.0 (external, cli)"))
                .addHeader(RawHeader.create("anthropic-version", "2023-06-01"))
                .addHeader(
                        RawHeader.create("anthropic-beta", "interleaved-thinking-2025-05-14,fine-grained-2025-05-14"));
        for (var nth = 0; nth < headers.length; nth += 2) {
            request = request.addHeader(RawHeader.create(headers[nth], headers[nth + 1]));
        }
        return request;
    }

    /** A transcript of a request and a streamed answer. */
    static Transcript transcript(Transcripts transcripts, HttpRequest head, byte[] request, byte[] stream) {
        var transcript = transcripts.begin(head, request);
        answer(transcript, stream);
        return transcript;
    }

    static void answer(Transcript transcript, byte[] stream) {
        transcript.answered(HttpResponse.create()
                .withEntity(HttpEntities.create(MediaTypes.TEXT_EVENT_STREAM.toContentType(), stream))
                .addHeader(RawHeader.create("request-id", "req_" + Arrays.hashCode(stream)))
                .addHeader(RawHeader.create("anthropic-ratelimit-tokens-remaining", "1234")));
        for (var at = 0; at < stream.length; at += 1000) {
            transcript.add(ByteString.fromArray(Arrays.copyOfRange(stream, at, Math.min(stream.length, at + 1000))));
        }
    }

    static Transcript document(Transcripts transcripts, HttpRequest head, byte[] request, String answer) {
        var transcript = transcripts.begin(head, request);
        transcript.answered(
                HttpResponse.create().withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, answer)));
        transcript.add(ByteString.fromString(answer));
        return transcript;
    }

    static Exchange exchange(String requestId, String session, String login) {
        return exchange(requestId, session, login, NOON, 900);
    }

    static Exchange exchange(String requestId, String session, String login, Instant started, long bytes) {
        return new Exchange(
                requestId,
                session,
                login,
                "node-1",
                List.of(),
                "anthropic",
                "claude",
                "claude-1",
                "anthropic_messages",
                "/v1/messages",
                "POST",
                200,
                "agent/1.0",
                true,
                started,
                120,
                2500,
                null,
                null,
                null,
                List.of(),
                "stop",
                Outcome.COMPLETED,
                null,
                false,
                bytes,
                4200,
                List.of(),
                null,
                null);
    }

    static List<ToolCall> tools() {
        return List.of(
                new ToolCall("t1", "read_file", "{\"path\":\"/etc/hosts\"}", true),
                new ToolCall(null, "think", "aloud", false));
    }
}
