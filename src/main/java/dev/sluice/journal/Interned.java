package dev.sluice.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Numbers of names, the ones used last remembered. Belongs to the writing thread, and is forgotten when rows may be gone. */
final class Interned<K> {

    /** More than entities active at a time on one node matter little: a miss costs one look into an index. */
    private static final int REMEMBERED = 20_000;

    /** Finds a number in the file, or gives one. */
    interface Numbering<K> {
        long number(Connection connection, K name) throws SQLException;
    }

    private final Numbering<K> numbering;
    private final Map<K, Long> numbers = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<K, Long> eldest) {
            return size() > REMEMBERED;
        }
    };

    Interned(Numbering<K> numbering) {
        this.numbering = numbering;
    }

    long number(Connection connection, K name) throws SQLException {
        var known = numbers.get(name);
        if (known != null) {
            return known;
        }
        var number = numbering.number(connection, name);
        numbers.put(name, number);
        return number;
    }

    void forget() {
        numbers.clear();
    }
}
