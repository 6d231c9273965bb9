import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** Opens an image's tar and fails the build when it is not what it should be: {@code ImageCheck FILE}. */
final class ImageCheck {
    private static final int BLOCK = 512;
    /** What has nothing to do in an image: the node's books, keys, the AOT cache of another JVM. */
    private static final Pattern UNWANTED = Pattern.compile(
            "\\.(db|db-wal|db-shm|aot|pem|key|p12|jks|env)$|(^|/)(\\.git|\\.m2|secret|target)(/|$)|^app/");

    private static final Pattern SECRET =
            Pattern.compile("sk-(sluice|ant|proj)-[A-Za-z0-9_-]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}");

    private final List<String> problems = new ArrayList<>();

    /** A file of a tar; the permissions are its lowest nine bits. */
    private record Entry(String name, char type, int mode, byte[] content) {}

    private ImageCheck() {}

    public static void main(String[] args) throws IOException {
        var check = new ImageCheck();
        check.image(Path.of(args[0]));
        if (!check.problems.isEmpty()) {
            check.problems.forEach(problem -> System.err.println(args[0] + ": " + problem));
            System.exit(1);
        }
        System.out.println(args[0] + ": as it should be");
    }

    private void image(Path file) throws IOException {
        var blobs = new HashMap<String, byte[]>();
        try (var in = new BufferedInputStream(Files.newInputStream(file))) {
            for (var entry : entries(in)) {
                blobs.put(entry.name(), entry.content());
            }
        }
        var json = new ObjectMapper();
        var index = json.readTree(blobs.get("index.json"));
        var manifest = json.readTree(blobs.get(blob(index.at("/manifests/0"))));
        var config = json.readTree(blobs.get(blob(manifest.path("config"))));
        config(config.path("config"));
        layers(manifest.path("layers"), config, blobs);
    }

    private static String blob(JsonNode descriptor) {
        return "blobs/" + descriptor.path("digest").asText().replace(':', '/');
    }

    private void config(JsonNode config) {
        expect("user", "\"10001:10001\"", config.path("User"));
        expect("entrypoint", "[\"/opt/sluice/bin/sluice\"]", config.path("Entrypoint"));
        expect("arguments", "[\"serve\"]", config.path("Cmd"));
        expect("volumes", "{\"/data\":{},\"/tmp\":{}}", config.path("Volumes"));
        expect("licence", "\"Apache-2.0\"", config.at("/Labels/org.opencontainers.image.licenses"));
        var ours = new ArrayList<String>();
        for (var variable : config.path("Env")) {
            if (variable.asText().startsWith("SLUICE_")) {
                ours.add(variable.asText());
            }
            if (Pattern.compile("(KEY|SECRET|TOKEN|PASSWORD)=.")
                    .matcher(variable.asText())
                    .find()) {
                problems.add("environment: " + variable.asText().replaceAll("=.*", "=***") + " (expected: no secret)");
            }
        }
        if (!ours.equals(List.of("SLUICE_DATA=/data"))) {
            problems.add("environment: " + ours + " (expected: SLUICE_DATA=/data)");
        }
    }

    private void expect(String what, String expected, JsonNode came) {
        if (!came.toString().equals(expected)) {
            problems.add(what + ": " + came + " (expected: " + expected + ")");
        }
    }

    /** The layers that are ours: the last two, above those of the base. */
    private void layers(JsonNode layers, JsonNode config, Map<String, byte[]> blobs) throws IOException {
        if (layers.size() < 3 || layers.size() != config.at("/rootfs/diff_ids").size()) {
            problems.add("layers: " + layers.size() + " (expected: the base's, libraries, program)");
            return;
        }
        var files = new TreeMap<String, Entry>();
        for (var i = layers.size() - 2; i < layers.size(); i++) {
            var packed = new ByteArrayInputStream(blobs.get(blob(layers.get(i))));
            for (var entry : entries(new GZIPInputStream(packed))) {
                files.put(entry.name(), entry);
            }
        }
        var program = files.get("opt/sluice/bin/sluice");
        if (program == null || program.mode() != 0755) {
            problems.add("opt/sluice/bin/sluice: missing, or no program");
        }
        if (files.keySet().stream().noneMatch(name -> name.matches("opt/sluice/lib/sluice-[^/]+\\.jar"))) {
            problems.add("opt/sluice/lib: without Sluice");
        }
        for (var file : files.values()) {
            if (UNWANTED.matcher(file.name()).find()) {
                problems.add(file.name() + ": does not belong here");
            }
            if ((file.mode() & 0022) != 0) {
                problems.add(file.name() + ": may be written by others");
            }
            // Jars are compressed, and what is in them is ours or public.
            if (!file.name().endsWith(".jar")
                    && SECRET.matcher(new String(file.content(), StandardCharsets.ISO_8859_1))
                            .find()) {
                problems.add(file.name() + ": has a secret in it");
            }
        }
    }

    /** A tar's plain files, as far as Jib writes them: long names come as a PAX header or as GNU's. */
    private static List<Entry> entries(InputStream in) throws IOException {
        var entries = new ArrayList<Entry>();
        String longName = null;
        while (true) {
            var header = in.readNBytes(BLOCK);
            if (header.length < BLOCK || header[0] == 0) {
                return entries;
            }
            var size = Integer.parseInt(text(header, 124, 12), 8);
            var content = in.readNBytes(size);
            in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
            var type = (char) header[156];
            var prefix = text(header, 345, 155);
            var name = longName != null
                    ? longName
                    : header[257] == 'u' && header[262] == 0 && !prefix.isEmpty()
                            ? prefix + "/" + text(header, 0, 100)
                            : text(header, 0, 100);
            longName = null;
            if (type == 'L') {
                longName = new String(content, StandardCharsets.UTF_8).replace("\0", "");
            } else if (type == 'x') {
                var path = Pattern.compile("\\d+ path=(.*)\n").matcher(new String(content, StandardCharsets.UTF_8));
                longName = path.find() ? path.group(1) : null;
            } else if (type == '0' || type == 0) {
                entries.add(new Entry(name, type, Integer.parseInt(text(header, 100, 8), 8) & 0777, content));
            }
        }
    }

    private static String text(byte[] header, int from, int length) {
        var text = new String(header, from, length, StandardCharsets.US_ASCII);
        var end = text.indexOf(0);
        return (end < 0 ? text : text.substring(0, end)).strip();
    }
}
