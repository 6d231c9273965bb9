package dev.sluice.policy;

import dev.sluice.config.PolicyDocument;
import dev.sluice.config.PolicyReading;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The policy document on disk. */
public record PolicyFile(Path path) {
    /** Of a policy with ten thousand grants; a larger file is none. */
    static final int MAX_BYTES = 1 << 20;

    /** What stood there. */
    public record Content(PolicyFile file, String text, PolicyReading reading) {}

    /** Reads it, and what it says. */
    public Content read() throws IOException {
        var text = text();
        return new Content(this, text, PolicyDocument.read(text));
    }

    String text() throws IOException {
        try {
            if (Files.size(path) > MAX_BYTES) {
                throw new IOException(path + ": larger than " + MAX_BYTES + " bytes (expected: a policy document)");
            }
            return Files.readString(path);
        } catch (NoSuchFileException e) {
            throw new IOException(
                    path + ": no such file (expected: a policy document, for example conf/demo.hujson)", e);
        } catch (CharacterCodingException e) {
            throw new IOException(path + ": not UTF-8 (expected: a policy document)", e);
        } catch (IOException e) {
            var message = String.valueOf(e.getMessage());
            throw message.startsWith(path + ": ") && e.getCause() == null
                    ? e
                    : new IOException(path + ": cannot be read (" + message + ")", e);
        }
    }

    /**
     * Puts another text in its place, whole or not at all, with the file's permissions.
     *
     * @param before what must stand there still
     * @return false when something else stands there; then nothing was changed
     */
    boolean replace(String before, String text) throws IOException {
        // Through links: those who made one want it to stay.
        var real = path.toRealPath();
        var next = real.resolveSibling("." + real.getFileName() + ".new");
        try {
            try (var channel = FileChannel.open(
                    next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                copyOwner(real, next);
                var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            if (!text().equals(before)) {
                return false;
            }
            Files.move(next, real, StandardCopyOption.ATOMIC_MOVE);
            makeDurable(Objects.requireNonNull(real.getParent()));
            return true;
        } finally {
            if (Files.isRegularFile(next)) {
                Files.deleteIfExists(next);
            }
        }
    }

    /** The journal is told next that the file has this text: a loss of power must not take it back. */
    private static void makeDurable(Path directory) {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException _) {
            // Some systems open no directories; theirs is the risk of a loss of power in the next seconds.
        }
    }

    /** Before anything is in it: there may be keys. */
    private static void copyOwner(Path from, Path to) throws IOException {
        @Nullable PosixFileAttributeView old = Files.getFileAttributeView(from, PosixFileAttributeView.class);
        @Nullable PosixFileAttributeView made = Files.getFileAttributeView(to, PosixFileAttributeView.class);
        if (old == null || made == null) {
            return;
        }
        var attributes = old.readAttributes();
        made.setPermissions(attributes.permissions());
        if (!attributes.owner().equals(made.readAttributes().owner())) {
            made.setOwner(attributes.owner());
        }
        if (!attributes.group().equals(made.readAttributes().group())) {
            made.setGroup(attributes.group());
        }
    }
}
