package dev.sluice.policy;

import dev.sluice.config.Finding;
import dev.sluice.config.Redaction;
import dev.sluice.identity.Caller;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** The policy in force, what came before it, and how it is changed. Shows no secret. */
public interface Policies {
    /** Who saved a version that was found in the file on disk; nobody's login. */
    String FILE = "(file)";

    /**
     * A version of the document, without its text.
     *
     * @param number   counts from 1, on all nodes alike
     * @param hash     of its text, 32 hex digits: versions with one text have one hash
     * @param by       a login, or {@link #FILE}
     * @param restored the version that was rolled back to; null when it was none
     */
    record Version(
            long number,
            String hash,
            String by,
            Instant at,
            @Nullable Long restored) {
        private static final int HASH_BYTES = 16;

        static Version of(PolicySaved saved) {
            return new Version(saved.number(), hash(saved.text()), saved.by(), saved.at(), saved.restored());
        }

        static String hash(String text) {
            try {
                var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
                return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has SHA-256", e);
            }
        }
    }

    /** A version with its text, but for the secrets. */
    record Document(Version version, Redaction redaction) {}

    /**
     * An earlier version.
     *
     * @param text secrets redacted
     * @param diff from the version before, in the unified format, secrets redacted; empty when there was none or nothing changed; null
     *     when the two are too large to compare
     */
    record Past(Version version, String text, @Nullable String diff) {}

    /** What became of a wish to change the policy. */
    sealed interface Outcome {}

    /** In force here by now, and on every node within a second. */
    record Saved(Document document) implements Outcome {}

    /** Somebody else was faster. */
    record Outdated(Version newest) implements Outcome {}

    /** Warnings are among them: a document is saved without any. */
    record Invalid(List<Finding> findings) implements Outcome {}

    /** Whoever saves it would be no administrator any more. */
    record LockedOut() implements Outcome {}

    /** The file on disk was changed and is not in force: to save would overwrite that. */
    record FileChanged(Path path) implements Outcome {}

    record NoSuchVersion() implements Outcome {}

    /**
     * Takes up the policy: the file's, unless a newer one was saved and could not be written to it yet. Watches the file and the other nodes
     * from then on.
     *
     * @param readJournal the plugin that finds events by tag
     * @param file    as it was read, without errors
     * @param inForce what the file's policy comes to
     */
    static CompletionStage<Policies> start(
            ActorSystem<?> system,
            String readJournal,
            InstantSource clock,
            PolicyFile.Content file,
            CompletionStage<InForce> inForce) {
        return KeptPolicies.start(system, readJournal, clock, file, inForce);
    }

    /** To be taken once a request. */
    InForce inForce();

    /** The document in force. */
    Document current();

    /** What an administrator should know, a sentence each: a file that is not in force, or a version that could not be written to it. */
    List<String> troubles();

    /**
     * Saves a document and puts it in force.
     *
     * @param text may have marks of the current document where its secrets are to stay
     * @param over the hash of the version it was made from; null to save it over any, and over a file that was changed
     */
    CompletionStage<Outcome> save(String text, @Nullable String over, Caller by);

    /** What {@link #save} would find wrong with a document, but for who saves it. */
    CompletionStage<List<Finding>> check(String text);

    /** Newest first; of very many the last thousand. */
    CompletionStage<List<Version>> versions();

    CompletionStage<Optional<Past>> version(long number);

    /** Saves an earlier version anew. Its warnings keep nobody from it: it was in force before. */
    CompletionStage<Outcome> rollBack(long number, @Nullable String over, Caller by);
}
