package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CsvTest {
    private static final String[] PIECES = {
        "a", ",", "\"", "\r\n", "\n", "\r", "=", "+", "-", "@", "\t", " ", "'", ";", "é", "漢", "\"\"", "x"
    };

    /** Whatever the cells are: a reader that keeps to RFC 4180 gets them back, but for the apostrophe before what would be a formula. */
    @Test
    void isReadAsItWasWritten() {
        var random = new Random(11);
        for (var i = 0; i < 3000; i++) {
            var rows = new ArrayList<List<Object>>();
            for (var row = random.nextInt(4) + 1; row > 0; row--) {
                rows.add(List.of(text(random), random.nextLong(), text(random), text(random)));
            }
            var written = new StringBuilder();
            rows.forEach(row -> Csv.append(written, row));

            assertThat(read(written.toString()))
                    .isEqualTo(rows.stream()
                            .map(row -> row.stream().map(CsvTest::expected).toList())
                            .toList());
        }
    }

    @Test
    void hasNoFormulas() {
        for (var formula : List.of("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1")) {
            var written = new StringBuilder();
            Csv.append(written, List.of(formula, -5L));

            assertThat(read(written.toString())).containsExactly(List.of("'" + formula, "-5"));
        }
    }

    private static String text(Random random) {
        var text = new StringBuilder();
        for (var length = random.nextInt(6); length > 0; length--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    private static String expected(Object cell) {
        return cell instanceof String text && !text.isEmpty() && "=+-@\t\r\n".indexOf(text.charAt(0)) >= 0
                ? "'" + text
                : cell.toString();
    }

    /** As the grammar of RFC 4180 has it, and strictly. */
    private static List<List<String>> read(String text) {
        var rows = new ArrayList<List<String>>();
        var row = new ArrayList<String>();
        var at = 0;
        while (at < text.length()) {
            var cell = new StringBuilder();
            if (text.charAt(at) == '"') {
                at++;
                while (text.charAt(at) != '"' || text.startsWith("\"\"", at)) {
                    at += text.charAt(at) == '"' ? 1 : 0;
                    cell.append(text.charAt(at++));
                }
                at++;
            } else {
                while (",\r\n\"".indexOf(text.charAt(at)) < 0) {
                    cell.append(text.charAt(at++));
                }
            }
            row.add(cell.toString());
            if (text.charAt(at) == ',') {
                at++;
                continue;
            }
            assertThat(text.startsWith("\r\n", at)).as(text.substring(at)).isTrue();
            at += 2;
            rows.add(List.copyOf(row));
            row.clear();
        }
        return rows;
    }
}
