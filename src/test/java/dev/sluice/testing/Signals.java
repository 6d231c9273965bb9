package dev.sluice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;

/** What the JDK cannot send to a process. */
final class Signals {
    private Signals() {}

    /** @param name without {@code SIG} */
    static void send(Process process, String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
