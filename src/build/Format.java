import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Formats Java sources, or checks that they are formatted: {@code Format (check|apply) FOLDER...}.
 *
 * <p>Run by the build in a process of its own, on the JDK that compiles the code: inside Maven the formatter would parse
 * with Maven's JDK, and on 17 it does not know record patterns.
 */
final class Format {
    private static final JavaFormatterOptions OPTIONS = JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .formatJavadoc(false)
            .build();

    private Format() {}

    public static void main(String[] args) throws IOException {
        var apply = args[0].equals("apply");
        var formatter = Formatter.createFormatter(OPTIONS);
        var unformatted = new ArrayList<Path>();
        for (var folder : List.of(args).subList(1, args.length)) {
            try (var files = Files.walk(Path.of(folder))) {
                for (var file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    var source = Files.readString(file);
                    var formatted = format(formatter, file, source);
                    if (!formatted.equals(source)) {
                        unformatted.add(file);
                        if (apply) {
                            Files.writeString(file, formatted);
                        }
                    }
                }
            }
        }
        if (!apply && !unformatted.isEmpty()) {
            unformatted.forEach(file -> System.err.println("not formatted: " + file));
            System.err.println("format with: mvn -Pformat initialize");
            System.exit(1);
        }
    }

    private static String format(Formatter formatter, Path file, String source) {
        try {
            var ordered =
                    ImportOrderer.reorderImports(RemoveUnusedImports.removeUnusedImports(source), OPTIONS.style());
            return formatter.formatSource(ordered);
        } catch (FormatterException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }
}
