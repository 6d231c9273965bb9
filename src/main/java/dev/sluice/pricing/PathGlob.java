package dev.sluice.pricing;

import java.util.ArrayList;
import java.util.List;

/**
 * A pattern that means what Go's {@code path.Match} makes of it: {@code *} any run without a slash, {@code ?} one character but
 * a slash, {@code [a-z]} and {@code [^a-z]} one character of a class, backslash takes the next one literally. The whole name has to match.
 *
 * <p>A pattern is a list of runs, each of single-character steps and most behind a star. The name is eaten run by run; a run behind a star takes
 * the first place where it fits, and what it took is not given back. That is Go's way too, so the few patterns for which it matters (a class
 * that takes a slash) come out the same, and no pattern takes more than quadratic time. A malformed pattern matches nothing.
 */
final class PathGlob {
    private static final int NO_MATCH = -1;

    /** Takes one character or refuses it. */
    private interface Step {
        boolean takes(int codePoint);
    }

    private record Run(boolean afterStar, List<Step> steps) {
        /** Where the run ends that begins at {@code from}, or {@link #NO_MATCH}. */
        int end(int[] name, int from) {
            if (name.length - from < steps.size()) {
                return NO_MATCH;
            }
            for (int i = 0; i < steps.size(); i++) {
                if (!steps.get(i).takes(name[from + i])) {
                    return NO_MATCH;
                }
            }
            return from + steps.size();
        }
    }

    private final List<Run> runs;
    private final boolean malformed;

    private PathGlob(List<Run> runs, boolean malformed) {
        this.runs = runs;
        this.malformed = malformed;
    }

    static PathGlob of(String pattern) {
        try {
            return new PathGlob(new Parser(pattern).runs(), false);
        } catch (Malformed e) {
            return new PathGlob(List.of(), true);
        }
    }

    boolean matches(String text) {
        if (malformed) {
            return false;
        }
        var name = text.codePoints().toArray();
        var at = 0;
        for (int i = 0; i < runs.size(); i++) {
            at = eat(runs.get(i), name, at, i == runs.size() - 1);
            if (at == NO_MATCH) {
                return false;
            }
        }
        return at == name.length;
    }

    private static int eat(Run run, int[] name, int from, boolean last) {
        for (int start = from; ; start++) {
            var end = run.end(name, start);
            if (end != NO_MATCH && (end == name.length || !last)) {
                return end;
            }
            if (!run.afterStar() || start == name.length || name[start] == '/') {
                return NO_MATCH;
            }
        }
    }

    private static final class Malformed extends Exception {}

    private static final class Parser {
        private final int[] pattern;
        private int at;

        Parser(String pattern) {
            this.pattern = pattern.codePoints().toArray();
        }

        List<Run> runs() throws Malformed {
            var runs = new ArrayList<Run>();
            while (at < pattern.length) {
                var star = false;
                while (at < pattern.length && pattern[at] == '*') {
                    star = true;
                    at++;
                }
                runs.add(new Run(star, steps()));
            }
            return runs;
        }

        private List<Step> steps() throws Malformed {
            var steps = new ArrayList<Step>();
            while (at < pattern.length && pattern[at] != '*') {
                steps.add(step());
            }
            return steps;
        }

        private Step step() throws Malformed {
            var c = next();
            return switch (c) {
                case '?' -> codePoint -> codePoint != '/';
                case '[' -> oneOf();
                case '\\' -> exactly(next());
                default -> exactly(c);
            };
        }

        private Step oneOf() throws Malformed {
            var negated = at < pattern.length && pattern[at] == '^';
            if (negated) {
                at++;
            }
            var ranges = new ArrayList<Step>();
            do {
                ranges.add(range());
            } while (peek() != ']');
            at++;
            return codePoint -> negated != ranges.stream().anyMatch(range -> range.takes(codePoint));
        }

        private Step range() throws Malformed {
            var low = member();
            if (peek() != '-') {
                return exactly(low);
            }
            at++;
            var high = member();
            return codePoint -> low <= codePoint && codePoint <= high;
        }

        private int member() throws Malformed {
            var c = next();
            if (c == '-' || c == ']') {
                throw new Malformed();
            }
            return c == '\\' ? next() : c;
        }

        private static Step exactly(int wanted) {
            return codePoint -> codePoint == wanted;
        }

        private int next() throws Malformed {
            var c = peek();
            at++;
            return c;
        }

        private int peek() throws Malformed {
            if (at >= pattern.length) {
                throw new Malformed();
            }
            return pattern[at];
        }
    }
}
