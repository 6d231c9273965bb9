package dev.sluice;

import dev.sluice.testing.CassandraServer;

/** The same with letters in Cassandra, and a second process that has none of the first one's files. */
class HookKillNineCassandraIT extends HookKillNineIT {
    private final String settings = CassandraServer.shared().settings(CassandraServer.freshKeyspace());

    @Override
    String storage() {
        return settings + "\nsluice.hooks.lease = 4s";
    }

    @Override
    String data(int life) {
        return "data-" + life;
    }
}
