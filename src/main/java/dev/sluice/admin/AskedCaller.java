package dev.sluice.admin;

import dev.sluice.identity.Caller;
import dev.sluice.wire.BadRequest;
import java.util.List;

/**
 * The caller that a query asks about. Only what could come in through the door is taken: a machine with tags has no person's login,
 * nor has a local caller.
 */
final class AskedCaller {
    /** Longer than any login or tag there is. */
    private static final int LONGEST = 512;

    private AskedCaller() {}

    /** Whoever asks, when the query names nobody else. */
    static Caller of(Query query, Caller asking) throws BadRequest {
        var login = query.values().get("login");
        var tags = query.all("tag").stream().distinct().sorted().toList();
        var groups = query.all("group").stream().distinct().sorted().toList();
        var node = query.values().getOrDefault("node", "");
        var loopback = query.flag("loopback");
        var plain = groups.isEmpty() && node.isEmpty();
        var kinds = (login == null ? 0 : 1) + (tags.isEmpty() ? 0 : 1) + (loopback ? 1 : 0);
        if (kinds == 0 && plain) {
            return asking;
        }
        if (kinds != 1) {
            throw new BadRequest("the caller is not clear (expected: one of login, tag and loopback=true)");
        }
        check("node", node, "");
        for (var tag : tags) {
            check("tag", tag, "tag:");
        }
        for (var group : groups) {
            check("group", group, "group:");
        }
        if (login == null) {
            var name = loopback ? "(loopback)" : String.join(",", tags);
            return itself(new Caller(name, "", node, tags, groups, loopback, List.of()), asking);
        }
        checkLogin(login);
        var isAsking = login.equals(asking.login()) && asking.tags().isEmpty() && !asking.loopback() && plain;
        return isAsking ? asking : new Caller(login, "", node, List.of(), groups, false, List.of());
    }

    /** Of whoever asks, more is known than what can be asked for. */
    private static Caller itself(Caller asked, Caller asking) {
        var same = asked.login().equals(asking.login())
                && asked.tags().equals(asking.tags())
                && asked.loopback() == asking.loopback()
                && asked.groups().isEmpty()
                && asked.node().isEmpty();
        return same ? asking : asked;
    }

    private static void checkLogin(String login) throws BadRequest {
        check("login", login, "");
        if (login.isBlank() || login.equals("*") || login.startsWith("(") || login.startsWith("tag:")) {
            throw new BadRequest("login: " + Json.quote(login)
                    + " (expected: a person's; machines go by tag, local callers by loopback=true)");
        }
    }

    private static void check(String name, String value, String prefix) throws BadRequest {
        if (value.length() > LONGEST || !value.startsWith(prefix) || (!prefix.isEmpty() && value.equals(prefix))) {
            var expected = prefix.isEmpty() ? "at most " + LONGEST + " characters" : prefix + "...";
            throw new BadRequest(name + ": " + Json.quote(value) + " (expected: " + expected + ")");
        }
    }
}
