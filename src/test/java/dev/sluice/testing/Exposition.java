package dev.sluice.testing;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A scrape in Prometheus' text format, read strictly: every line is one of the grammar's, every sample belongs to a metric that was
 * introduced, none comes twice, and a histogram's buckets only grow.
 */
public final class Exposition {
    private static final Pattern HELP = Pattern.compile("# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) .*");
    private static final Pattern TYPE =
            Pattern.compile("# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)");
    private static final Pattern SAMPLE =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(.*)})? (NaN|[+-]?Inf|[-+0-9.eE]+)");
    private static final Pattern LABEL =
            Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\n\"])*)\",?");
    private static final List<String> SUFFIXES = List.of("_bucket", "_sum", "_count");

    private final Map<String, String> types = new HashMap<>();
    private final Map<String, Double> samples = new LinkedHashMap<>();

    /** A metric's name and its labels, sorted. */
    private record Sample(String name, SortedMap<String, String> labels) {
        @Override
        public String toString() {
            return name + labels;
        }
    }

    public static Exposition of(String text) {
        var read = new Exposition();
        if (!text.endsWith("\n")) {
            throw new AssertionError("the last line has no end");
        }
        text.lines().forEach(read::line);
        read.checkHistograms();
        return read;
    }

    private void line(String line) {
        var type = TYPE.matcher(line);
        if (type.matches()) {
            if (types.put(type.group(1), type.group(2)) != null) {
                throw new AssertionError("a second time: " + line);
            }
        } else if (!HELP.matcher(line).matches()) {
            sample(line);
        }
    }

    private void sample(String line) {
        var sample = SAMPLE.matcher(line);
        if (!sample.matches()) {
            throw new AssertionError("no line of the format: " + line);
        }
        var name = sample.group(1);
        if (!types.containsKey(family(name))) {
            throw new AssertionError("of no type: " + line);
        }
        var read = new Sample(name, labels(sample.group(3), line));
        if (samples.put(read.toString(), Double.valueOf(sample.group(4).replace("Inf", "Infinity"))) != null) {
            throw new AssertionError("a second time: " + line);
        }
    }

    private static SortedMap<String, String> labels(String text, String line) {
        var labels = new TreeMap<String, String>();
        if (text != null) {
            var label = LABEL.matcher(text);
            var end = 0;
            while (label.lookingAt()) {
                labels.put(label.group(1), label.group(2));
                end = label.end();
                label.region(end, text.length());
            }
            if (end != text.length()) {
                throw new AssertionError("labels: " + line);
            }
        }
        return labels;
    }

    private String family(String name) {
        for (var suffix : SUFFIXES) {
            if (name.endsWith(suffix)
                    && List.of("histogram", "summary")
                            .contains(types.getOrDefault(name.substring(0, name.length() - suffix.length()), ""))) {
                return name.substring(0, name.length() - suffix.length());
            }
        }
        return name;
    }

    private void checkHistograms() {
        var last = new HashMap<String, Double>();
        var open = new HashSet<String>();
        samples.forEach((sample, value) -> {
            if (sample.contains("_bucket{")) {
                var series = sample.replaceAll("le=[^,}]*", "");
                if (value < last.getOrDefault(series, 0.0)) {
                    throw new AssertionError("buckets shrink: " + sample);
                }
                last.put(series, value);
                if (sample.contains("le=+Inf")) {
                    open.remove(series);
                } else {
                    open.add(series);
                }
            }
        });
        if (!open.isEmpty()) {
            throw new AssertionError("no last bucket: " + open);
        }
    }

    /** Names of metrics, as queries have them: with {@code _total}, {@code _bucket}, {@code _sum} and {@code _count}. */
    public Set<String> names() {
        var names = new HashSet<String>();
        samples.keySet().forEach(sample -> names.add(sample.substring(0, sample.indexOf('{'))));
        return names;
    }

    /** Names of those that are introduced, with or without samples. */
    public Set<String> families() {
        return new HashSet<>(types.keySet());
    }

    /** The sum of all samples of this name that have all these labels, as {@code outcome=refused}. */
    public double sum(String name, String... labels) {
        return samples.entrySet().stream()
                .filter(sample -> sample.getKey().startsWith(name + "{"))
                .filter(sample -> List.of(labels).stream()
                        .allMatch(label -> sample.getKey().matches(".*[{ ]" + Pattern.quote(label) + "[,}].*")))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    @Override
    public String toString() {
        return samples.toString();
    }
}
