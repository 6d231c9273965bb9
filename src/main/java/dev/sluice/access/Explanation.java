package dev.sluice.access;

import dev.sluice.access.Permit.Bucket;
import dev.sluice.config.GrantPlace;
import dev.sluice.config.GrantPlace.CapabilityPlace;
import dev.sluice.config.GrantRule;
import dev.sluice.config.Window;
import dev.sluice.identity.Caller;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Why a caller may do what they may at one instant. Everything here is told by the {@code Standing} that requests are decided by;
 * what grants that do not hold would give is told by another that is made of those.
 */
public final class Explanation {
    private final Caller caller;
    private final Instant at;
    private final Standing standing;
    private final Standing others;

    /**
     * A grant that is addressed to a caller.
     *
     * @param source what of its {@code src} matches; null when it came with the caller
     */
    public record Addressed(
            GrantPlace place, @Nullable String source, Window window, List<GrantRule.Capability> capabilities) {}

    /** Whether a grant holds. */
    public enum State {
        HOLDS,
        NOT_YET,
        EXPIRED
    }

    /**
     * The part that one capability has in a decision.
     *
     * @param pattern of its {@code models}, the one that takes in the model; null when it is not asked for one
     * @param buckets that it charges
     */
    public record Part(
            Addressed grant,
            CapabilityPlace place,
            GrantRule.Capability capability,
            @Nullable String pattern,
            List<Bucket> buckets) {}

    /** Why not. */
    public enum Denial {
        /** Grants are for this caller; none of them assigns a role. */
        NO_ROLE,
        /** No grant is for this caller. */
        NOT_ADDRESSED,
        /** Grants are for this caller; none of them takes in the model. */
        NO_PATTERN,
        /** A grant that would do does not hold yet, or no longer. */
        NOT_IN_FORCE
    }

    /**
     * Whether the caller may use a model, and what of the grants says so.
     *
     * @param permit what a request would be given, were there no roles; empty when the grants do not cover the model
     * @param parts  of every capability that applies, those that only charge included
     * @param missed of capabilities that would cover the model, did their grants hold
     * @param denial null when the caller may
     */
    public record Decision(
            Optional<Permit> permit,
            List<Part> parts,
            List<Part> missed,
            @Nullable Denial denial) {
        public boolean allows() {
            return denial == null;
        }
    }

    /**
     * @param standing of the grants that hold
     * @param others   of those that do not
     */
    Explanation(Caller caller, Instant at, Standing standing, Standing others) {
        this.caller = caller;
        this.at = at;
        this.standing = standing;
        this.others = others;
    }

    public Role role() {
        return standing.role();
    }

    /** Of the capabilities that assign the role; none when there is none. */
    public List<Part> roleParts() {
        return standing.roleParts();
    }

    /** Every grant that is addressed to the caller: those that hold, in the policy's order, then the others. */
    public List<Addressed> grants() {
        return Stream.concat(standing.grants().stream(), others.grants().stream())
                .toList();
    }

    public State state(Addressed grant) {
        var window = grant.window();
        return window.contains(at) ? State.HOLDS : at.isBefore(window.starts()) ? State.NOT_YET : State.EXPIRED;
    }

    /** The decision about one model of one provider. */
    public Decision about(String provider, String model) {
        var name = provider + "/" + model;
        var permit = standing.permit(caller, provider, model);
        var missed = permit.isPresent() ? List.<Part>of() : covering(others.parts(name));
        return new Decision(permit, standing.parts(name), missed, denial(permit.isPresent(), missed));
    }

    private @Nullable Denial denial(boolean covered, List<Part> missed) {
        if (grants().isEmpty()) {
            return Denial.NOT_ADDRESSED;
        }
        if (role() == Role.NONE) {
            return others.role() == Role.NONE ? Denial.NO_ROLE : Denial.NOT_IN_FORCE;
        }
        if (covered) {
            return null;
        }
        return missed.isEmpty() ? Denial.NO_PATTERN : Denial.NOT_IN_FORCE;
    }

    private static List<Part> covering(List<Part> parts) {
        return parts.stream().filter(it -> it.pattern() != null).toList();
    }
}
