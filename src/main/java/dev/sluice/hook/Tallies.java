package dev.sluice.hook;

import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** The tallies of all hooks that were ever called; names come from policies only, so there are few. */
final class Tallies {
    private final ConcurrentHashMap<String, Tally> all = new ConcurrentHashMap<>();
    private final InstantSource clock;

    Tallies(InstantSource clock) {
        this.clock = clock;
    }

    Tally of(String hook) {
        return all.computeIfAbsent(hook, name -> new Tally(name, clock));
    }

    List<Hooks.Status> status() {
        return all.values().stream()
                .map(Tally::status)
                .sorted(Comparator.comparing(Hooks.Status::hook))
                .toList();
    }
}
