package dev.sluice.access;

import dev.sluice.access.Grant.Given;
import dev.sluice.config.GrantPlace;
import dev.sluice.config.Policy;
import dev.sluice.config.Window;
import dev.sluice.identity.Caller;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The grants of one policy.
 *
 * <p>What holds changes only when a grant's window opens or closes. So time is cut into seasons between such moments, and what
 * was worked out for a caller is kept for as long as its season lasts; most policies know one season, and then nobody asks
 * what time it is.
 */
final class Grants implements Access {
    // Callers at a time, not ever: when full it starts over, and those who still call are worked out again.
    private static final int MOST_STANDINGS = 4096;

    private final Policy policy;
    private final List<Grant> grants;
    private final List<Instant> turns;
    private final InstantSource clock;
    private final boolean knowsOtherSites;
    private volatile Season season;

    /** A stretch of time in which the same grants hold, and what they come to for callers seen in it. */
    private record Season(
            Window window,
            List<Grant> grants,
            CrossOrigin crossOrigin,
            ConcurrentHashMap<Caller, Standing> standings) {}

    Grants(Policy policy, InstantSource clock) {
        this.policy = policy;
        this.grants = compile(policy);
        this.turns = grants.stream()
                .flatMap(it -> Stream.of(it.window().starts(), it.window().expires()))
                .filter(it -> !it.equals(Instant.MIN) && !it.equals(Instant.MAX))
                .sorted()
                .distinct()
                .toList();
        this.clock = clock;
        this.knowsOtherSites = grants.stream()
                .flatMap(it -> it.capabilities().stream())
                .anyMatch(it -> it.rule().extras().cors() != null);
        this.season = at(turns.isEmpty() ? Instant.EPOCH : clock.instant());
    }

    @Override
    public Role role(Caller caller) {
        return standing(caller).role();
    }

    @Override
    public Optional<Permit> permit(Caller caller, String provider, String model) {
        return standing(caller).permit(caller, provider, model);
    }

    @Override
    public boolean knowsOtherSites() {
        return knowsOtherSites;
    }

    @Override
    public CrossOrigin crossOrigin(Caller caller) {
        return standing(caller).crossOrigin();
    }

    @Override
    public CrossOrigin crossOriginOfAnybody() {
        return season().crossOrigin();
    }

    @Override
    public boolean readsMetrics(Caller caller) {
        return standing(caller).readsMetrics();
    }

    @Override
    public boolean readsPricing(Caller caller) {
        return standing(caller).readsPricing();
    }

    /** Nothing of it is kept: the caller may be made up. */
    @Override
    public Explanation explain(Caller caller) {
        var now = clock.instant();
        var others = grants.stream()
                .filter(it -> !it.window().contains(now))
                .flatMap(it -> Stream.ofNullable(it.to(caller)))
                .toList();
        return new Explanation(
                caller,
                now,
                Standing.of(caller, given(caller, season(now)), policy),
                Standing.of(caller, others, policy));
    }

    private Standing standing(Caller caller) {
        var now = season();
        var known = now.standings().get(caller);
        if (known != null) {
            return known;
        }
        var standing = Standing.of(caller, given(caller, now), policy);
        if (now.standings().size() >= MOST_STANDINGS) {
            now.standings().clear();
        }
        now.standings().put(caller, standing);
        return standing;
    }

    private Season season() {
        return turns.isEmpty() ? season : season(clock.instant());
    }

    /** Clocks are set back, too: then an earlier season comes again. */
    private Season season(Instant now) {
        var last = season;
        if (last.window().contains(now)) {
            return last;
        }
        var next = at(now);
        season = next;
        return next;
    }

    private Season at(Instant now) {
        var starts = Instant.MIN;
        var expires = Instant.MAX;
        for (var turn : turns) {
            if (turn.isAfter(now)) {
                expires = turn;
                break;
            }
            starts = turn;
        }
        var holding = grants.stream().filter(it -> it.window().contains(now)).toList();
        var anybodys = CrossOrigin.of(
                holding.stream().flatMap(it -> it.capabilities().stream()).toList());
        return new Season(new Window(starts, expires), holding, anybodys, new ConcurrentHashMap<>());
    }

    private static List<Given> given(Caller caller, Season season) {
        var granted = season.grants().stream().flatMap(it -> Stream.ofNullable(it.to(caller)));
        return Stream.concat(granted, carried(caller)).toList();
    }

    private static Stream<Given> carried(Caller caller) {
        return IntStream.range(0, caller.carried().size()).mapToObj(i -> {
            var rule = caller.carried().get(i);
            return Grant.of(GrantPlace.of("carried[" + i + "]", rule), rule).carried();
        });
    }

    private static List<Grant> compile(Policy policy) {
        return IntStream.range(0, policy.grants().size())
                .mapToObj(i ->
                        Grant.of(policy.grantPlaces().get(i), policy.grants().get(i)))
                .toList();
    }
}
