package dev.sluice.wire;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Refuses a field that matters when it stands there twice, or in another spelling.
 *
 * <p>Parsers differ in which of two they take, and some (Go's) read {@code MODEL} as {@code model}: a body that two
 * readers read differently would be granted as one thing and served as another.
 */
final class Once {
    private final String where;
    private final List<String> guarded;
    private final Set<String> seen = new HashSet<>();

    Once(String where, List<String> guarded) {
        this.where = where;
        this.guarded = guarded;
    }

    void check(String name) throws BadRequest {
        for (var field : guarded) {
            if (field.equalsIgnoreCase(name)) {
                require(name, field);
            }
        }
    }

    private void require(String name, String field) throws BadRequest {
        if (!name.equals(field)) {
            throw new BadRequest(where + field + ": spelled in another case (expected: " + field + ")");
        }
        if (!seen.add(field)) {
            throw new BadRequest(where + field + ": twice (expected: once)");
        }
    }
}
