package dev.sluice.export;

import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/** Where objects go. */
interface Bucket {
    /** Completes when the object is there as a whole, over whatever had its name; fails with {@link NotStored} when that is not certain. */
    CompletionStage<Done> put(String object, byte[] bytes, String contentType);

    /** Nobody will put anything any more. */
    void close();

    /** Why nobody knows whether an object is there. */
    final class NotStored extends RuntimeException {
        /** @param message for people; without secrets, and without anything of an object's content */
        NotStored(String message) {
            super(message);
        }
    }
}
