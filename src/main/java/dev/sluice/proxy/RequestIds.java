package dev.sluice.proxy;

import java.time.InstantSource;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** Makes request ids: the time in milliseconds and 64 random bits, so that they sort by time and never meet. */
record RequestIds(InstantSource clock, RandomGenerator random) {
    String next() {
        var hex = HexFormat.of();
        return "req_" + hex.toHexDigits(clock.millis(), 12) + hex.toHexDigits(random.nextLong());
    }
}
