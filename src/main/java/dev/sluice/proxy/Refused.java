package dev.sluice.proxy;

/** Carries a refusal out of a chain of stages. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    final transient Refusal refusal;

    Refused(Refusal refusal) {
        // No stack trace: a refusal is an answer, not an error.
        super(refusal.kind(), null, false, false);
        this.refusal = refusal;
    }
}
