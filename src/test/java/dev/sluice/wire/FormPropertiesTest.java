package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.media.Transcriptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.unmarshalling.Unmarshaller;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever form is accepted, other parsers find the same model in it: Pekko's, which keeps to the letter of the RFCs, and one as
 * sloppy as any that was ever written.
 */
class FormPropertiesTest {
    private static final int FORMS = 3_000;
    private static final String BOUNDARY = "b0und";
    private static final String TYPE = "multipart/form-data; boundary=" + BOUNDARY;
    private static final Pattern SLOPPY_NAME =
            Pattern.compile("(?i)\\bname\\*?\\s*=\\s*(?:utf-8'')?\"?\\s*model(\\[])?[\"\\s;]*");

    private static final ActorSystem system = ActorSystem.create("forms");
    private static final Materializer materializer =
            SystemMaterializer.get(system).materializer();

    @AfterAll
    static void stop() {
        TestKit.shutdownActorSystem(system);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 42, 20261124})
    void everyFormOfAnOrdinaryClientIsAccepted(long seed) throws Exception {
        var random = new Random(seed);
        for (var i = 0; i < 300; i++) {
            var body = form(random, false);
            assertThat(Heads.read(
                                    new Transcriptions(),
                                    new Transcriptions().operations().getFirst(),
                                    Map.of(),
                                    bytes(body),
                                    Map.of("content-type", TYPE))
                            .model())
                    .as(body)
                    .isEqualTo(sloppyModels(body).getFirst());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 42, 20261124})
    void noParserFindsAnotherModelInWhatIsAccepted(long seed) throws Exception {
        var random = new Random(seed);
        var accepted = 0;
        for (var i = 0; i < FORMS; i++) {
            var body = damaged(form(random, random.nextBoolean()), random);
            RequestHead head;
            try {
                head = Heads.read(
                        new Transcriptions(),
                        new Transcriptions().operations().getFirst(),
                        Map.of(),
                        bytes(body),
                        Map.of("content-type", TYPE));
            } catch (BadRequest e) {
                continue;
            }
            accepted++;
            assertThat(sloppyModels(body))
                    .as("seed %d, form %d:%n%s", seed, i, body)
                    .containsExactly(head.model());
            // A parser that refuses it serves no other model either.
            assertThat(pekkosModels(body).orElse(List.of(head.model())))
                    .as("seed %d, form %d:%n%s", seed, i, body)
                    .containsExactly(head.model());
        }
        assertThat(accepted).isGreaterThan(FORMS / 20);
    }

    /** Parts in some order, files with anything in them; odd ones play the tricks that parsers fall for. */
    private static String form(Random random, boolean odd) {
        var parts = new ArrayList<String>();
        parts.add(part("form-data; name=\"model\"", "", pick(random, "whisper-1", "a/b", "g\u00c3\u00bc")));
        for (var i = random.nextInt(4); i > 0; i--) {
            parts.add(part("form-data; name=\"language\"", "", "de"));
        }
        for (var i = random.nextInt(3); i > 0; i--) {
            parts.add(part(
                    "form-data; name=\"file\"; filename=\"" + pick(random, "a.mp3", "model", "name=model") + "\"",
                    "Content-Type: audio/mpeg\r\n",
                    pick(random, "", "\r\n", "--b0un", "\r\n--b0un\r\n", "name=\"model\"\r\n\r\nother", "\r\n\r\n--")));
        }
        if (odd) {
            parts.add(pick(
                    random,
                    part("form-data; name=\"MODEL\"", "", "other"),
                    part("form-data; name=model", "", "other"),
                    part("form-data; name=\"x\"; filename=\"y\\\"; name=\"model\"", "", "other"),
                    part("form-data; name=\"x\"", "Content-Disposition: form-data; name=\"model\"\r\n", "other"),
                    part("form-data; name=\"model\"; filename=\"f\"", "", "other"),
                    part("form-data; name*=utf-8''model", "", "other"),
                    part(
                            "form-data; name=\"file\"; filename=\"f\"",
                            "",
                            "\n--b0und\nContent-Disposition: form-data; name=\"model\"\n\nother"),
                    part(
                            "form-data; name=\"file\"; filename=\"f\"",
                            "",
                            "--b0und--\r\n" + part("form-data; name=\"model\"", "", "o"))));
        }
        java.util.Collections.shuffle(parts, random);
        return String.join("", parts) + "--b0und--" + pick(random, "", "\r\n");
    }

    private static String part(String disposition, String headers, String content) {
        return "--b0und\r\nContent-Disposition: " + disposition + "\r\n" + headers + "\r\n" + content + "\r\n";
    }

    private static String damaged(String form, Random random) {
        var text = new StringBuilder(form);
        for (var i = random.nextInt(3); i > 0; i--) {
            var at = random.nextInt(text.length());
            switch (random.nextInt(4)) {
                case 0 -> text.deleteCharAt(at);
                case 1 ->
                    text.insert(at, pick(random, "\r", "\n", "\r\n", "--", "\"", ";", " ", "\\", "--b0und", "b0und"));
                case 2 -> text.setCharAt(at, (char) random.nextInt(256));
                default -> text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(60))));
            }
        }
        return text.toString();
    }

    private static String pick(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** Splits wherever the boundary stands, takes any line end, any quotes, any case; reads on behind the end. */
    private static List<String> sloppyModels(String body) {
        var models = new ArrayList<String>();
        for (var part : body.split("--" + BOUNDARY, -1)) {
            var blank = Pattern.compile("\r?\n\r?\n").matcher(part);
            if (!blank.find()) {
                continue;
            }
            var head = part.substring(0, blank.start())
                    .replaceAll("\r?\n[ \t]+", " ")
                    .lines()
                    .filter(line -> line.strip().toLowerCase(Locale.ROOT).startsWith("content-disposition"))
                    .collect(Collectors.joining("\n"))
                    .replaceAll("(?i)filename\\*?=(\"[^\"]*\"|[^;\\s]*)", "");
            if (SLOPPY_NAME.matcher(head).find()) {
                models.add(new String(
                        bytes(part.substring(blank.end()).replaceAll("\r?\n$", "")), StandardCharsets.UTF_8));
            }
        }
        return models;
    }

    private static Optional<List<String>> pekkosModels(String body) throws Exception {
        var entity = HttpEntities.create(ContentTypes.parse(TYPE), ByteString.fromArray(bytes(body)));
        try {
            var form = Unmarshaller.entityToMultipartFormData()
                    .unmarshal(entity, materializer)
                    .thenCompose(parsed -> parsed.toStrict(20_000, materializer))
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            var models = new ArrayList<String>();
            for (var part : form.getStrictParts()) {
                if (part.getName().equalsIgnoreCase("model")) {
                    models.add(part.getEntity().getData().utf8String());
                }
            }
            return Optional.of(models);
        } catch (ExecutionException e) {
            return Optional.empty();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
