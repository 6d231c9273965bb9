package dev.sluice.journal;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The storage cannot be used as it is; a person must act, and the message says where and how. Nothing was changed on disk. */
public final class UnusableStorageException extends RuntimeException {
    UnusableStorageException(Path path, String problem, String remedy, @Nullable Throwable cause) {
        super("%s: %s. %s".formatted(path, problem, remedy), cause);
    }
}
