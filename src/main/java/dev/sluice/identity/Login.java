package dev.sluice.identity;

import dev.sluice.config.Logins;
import java.util.Optional;

/** What somebody may be called who calls. */
final class Login {
    /** It is part of a bucket's name, of a session's and of many lines of the log. */
    private static final int MAX_LENGTH = 512;

    private Login() {}

    /** A person's login without spaces around it; empty for one that nobody may have. */
    static Optional<String> ofPerson(String text) {
        return Optional.of(text.strip())
                .filter(it -> !it.isEmpty() && it.length() <= MAX_LENGTH)
                .filter(it -> !Logins.isReserved(it))
                .filter(it -> it.chars().noneMatch(Character::isISOControl));
    }
}
