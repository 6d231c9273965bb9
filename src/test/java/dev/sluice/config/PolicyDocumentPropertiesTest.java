package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PolicyDocumentPropertiesTest {
    private static final String VALID = Documents.text("every-key");
    private static final String ALPHABET = "{}[]\":,/*\\$-+0123456789eE.truefalsn \n\u0000\uD800\u00e9<>";

    @Property(tries = 2000)
    void readsOrRefusesWhateverADocumentTurnsInto(@ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int changes) {
        var text = new StringBuilder(VALID);
        var random = new Random(seed);
        for (int i = 0; i < changes; i++) {
            change(text, random);
        }

        var reading = PolicyDocument.read(text.toString(), Map.<String, String>of()::get);

        var errors = reading.findings().stream().anyMatch(it -> it.severity() == Finding.Severity.ERROR);
        assertThat(reading.policy() == null).isEqualTo(errors);
    }

    @Property(tries = 1000)
    void readsOrRefusesAnyText(@ForAll String text) {
        var reading = PolicyDocument.read(text, Map.<String, String>of()::get);

        assertThat(reading.findings()).isNotEmpty();
    }

    /** Inserts, deletes, replaces or doubles a few characters, or puts another value where one begins. */
    static void change(StringBuilder text, Random random) {
        var at = random.nextInt(text.length());
        var end = Math.min(text.length(), at + 1 + random.nextInt(8));
        switch (random.nextInt(5)) {
            case 0 -> text.insert(at, ALPHABET.charAt(random.nextInt(ALPHABET.length())));
            case 1 -> text.delete(at, Math.min(end, text.length() - 1));
            case 2 -> text.setCharAt(at, ALPHABET.charAt(random.nextInt(ALPHABET.length())));
            case 3 -> text.insert(at, text.substring(at, end));
            default -> {
                var colon = text.indexOf(": ", at);
                if (colon >= 0) {
                    var values = new String[] {
                        "null, \"x\": ", "5, \"x\": ", "[[]], \"x\": ", "\"$\", \"x\": ", "{\"a\": 1}, \"x\": "
                    };
                    text.insert(colon + 2, values[random.nextInt(values.length)]);
                }
            }
        }
    }
}
