package dev.sluice.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * The file on disk: locked, checked, and opened, or refused with a reason.
 *
 * <p>A new file is made under another name and moved into place whole. So an empty or half made file is always damage, and is
 * never taken for a fresh start.
 */
final class SqliteFile implements AutoCloseable {
    private static final byte[] HEADER = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
    private static final String RESTORE =
            "Restore it from a backup, or move it away to start with an empty one; nothing was changed";

    private final StoreSettings settings;
    private final Layout layout;
    private final Path path;
    private final FileChannel lock;

    private SqliteFile(StoreSettings settings, Layout layout, FileChannel lock) {
        this.settings = settings;
        this.layout = layout;
        this.path = settings.directory().resolve(layout.name() + ".db");
        this.lock = lock;
    }

    /** @throws UnusableStorageException if it cannot be used as it is */
    static SqliteFile open(StoreSettings settings, Layout layout) {
        makeDirectory(settings.directory());
        var file = new SqliteFile(settings, layout, lock(settings.directory().resolve(layout.name() + ".lock")));
        try {
            file.createOrCheck();
            return file;
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    Path path() {
        return path;
    }

    Connection writer() throws SQLException {
        return closedUnless(connection(path, new SQLiteConfig()), connection -> {
            execute(connection, "PRAGMA synchronous = " + settings.synchronous());
            // Checkpoints copies; this is for when it cannot.
            execute(connection, "PRAGMA wal_autocheckpoint = " + 4L * settings.checkpointPages());
            execute(connection, "PRAGMA journal_size_limit = 67108864");
            execute(connection, "PRAGMA cache_size = -16000");
            execute(connection, "PRAGMA temp_store = MEMORY");
            connection.setAutoCommit(false);
        });
    }

    Connection checkpoints() throws SQLException {
        return closedUnless(connection(path, new SQLiteConfig()), connection -> {
            execute(connection, "PRAGMA synchronous = " + settings.synchronous());
            execute(connection, "PRAGMA wal_autocheckpoint = 0");
        });
    }

    Connection reader() throws SQLException {
        var config = new SQLiteConfig();
        config.setReadOnly(true);
        return connection(path, config);
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw refused(settings.directory(), "the lock cannot be given back", "Restart the process", e);
        }
    }

    private void createOrCheck() {
        try {
            if (Files.exists(path)) {
                checkHeader(path);
            } else {
                create();
            }
            try (var connection = connection(path, new SQLiteConfig())) {
                check(connection);
            }
        } catch (SQLException e) {
            throw refused(path, "SQLite cannot use it (%s)".formatted(e.getMessage()), RESTORE, e);
        } catch (IOException e) {
            throw refused(
                    path, "cannot be read or written (" + reason(e) + ")", "Check the disk and the file's owner", e);
        }
    }

    private void create() throws SQLException, IOException {
        var log = Path.of(path + "-wal");
        if (Files.exists(log)) {
            throw refused(path, "the file is gone but its log " + log + " is still there", RESTORE, null);
        }
        var unfinished = Path.of(path + ".new");
        Files.deleteIfExists(unfinished);
        try (var connection = connection(unfinished, new SQLiteConfig())) {
            for (var pragma : layout.pragmas()) {
                execute(connection, pragma);
            }
            execute(connection, "BEGIN");
            for (var statement : layout.statements()) {
                execute(connection, statement);
            }
            execute(connection, "PRAGMA application_id = " + layout.applicationId());
            execute(connection, "PRAGMA user_version = " + layout.version());
            execute(connection, "COMMIT");
        }
        Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void checkHeader(Path path) throws IOException {
        if (!Files.isRegularFile(path) || !Files.isReadable(path) || !Files.isWritable(path)) {
            throw refused(path, "is not a file that this process may read and write", "Check its owner and mode", null);
        }
        try (var in = Files.newInputStream(path)) {
            if (!Arrays.equals(in.readNBytes(HEADER.length), HEADER)) {
                throw refused(path, "is damaged, or not a SQLite database", RESTORE, null);
            }
        }
    }

    private void check(Connection connection) throws SQLException {
        var application = number(connection, "PRAGMA application_id");
        if (application != layout.applicationId()) {
            throw refused(
                    path,
                    "belongs to another application (id %d)".formatted(application),
                    "Choose another sluice.storage.directory",
                    null);
        }
        var version = number(connection, "PRAGMA user_version");
        if (version != layout.version()) {
            throw refused(
                    path,
                    "was written by another version (format %d, this is %d)".formatted(version, layout.version()),
                    "Start the version that wrote it, or a newer one",
                    null);
        }
        if (settings.checkAtStart()) {
            var verdict = text(connection, "PRAGMA quick_check(1)");
            if (!verdict.equals("ok")) {
                throw refused(path, "is damaged (%s)".formatted(verdict), RESTORE, null);
            }
        }
        // Kept in the file: readers see the last commit while the writer is at work.
        var mode = text(connection, "PRAGMA journal_mode = WAL");
        if (!mode.equals("wal")) {
            throw refused(
                    path, "does not support a write-ahead log", "Use a local disk for sluice.storage.directory", null);
        }
    }

    private CachingConnection connection(Path path, SQLiteConfig config) throws SQLException {
        // Asking for the last row id after every statement costs as much as a small insert.
        config.setGetGeneratedKeys(false);
        config.setBusyTimeout(Math.toIntExact(settings.busyTimeout().toMillis()));
        return new CachingConnection(path.toString(), config.toProperties());
    }

    private static void makeDirectory(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw refused(
                    directory, "cannot be made (" + reason(e) + ")", "Choose another sluice.storage.directory", e);
        }
        if (!Files.isWritable(directory)) {
            throw refused(directory, "cannot be written to", "Check its owner and mode", null);
        }
    }

    /** For people: the file system's own words, or the kind of trouble where it has none. */
    private static String reason(IOException failure) {
        return switch (failure) {
            case FileAlreadyExistsException _ -> "there is a file of this name";
            case AccessDeniedException _ -> "access denied";
            case FileSystemException told when told.getReason() != null -> told.getReason();
            default -> failure.toString();
        };
    }

    private static FileChannel lock(Path path) {
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw refused(path, "cannot be opened (" + reason(e) + ")", "Check the owner and mode of its directory", e);
        }
        try {
            var lock = channel.tryLock();
            if (lock != null) {
                channel.truncate(0);
                channel.write(
                        StandardCharsets.US_ASCII.encode(
                                Long.toString(ProcessHandle.current().pid())),
                        0);
                return channel;
            }
            throw inUse(path, "process " + holder(channel));
        } catch (OverlappingFileLockException e) {
            closeQuietly(channel, e);
            throw inUse(path, "this very process");
        } catch (IOException e) {
            closeQuietly(channel, e);
            throw refused(
                    path, "cannot be locked (" + reason(e) + ")", "Use a local disk for sluice.storage.directory", e);
        } catch (UnusableStorageException e) {
            closeQuietly(channel, e);
            throw e;
        }
    }

    private static UnusableStorageException inUse(Path lock, String holder) {
        return refused(
                lock,
                "the storage is in use by " + holder,
                "Stop that one first, or choose another sluice.storage.directory",
                null);
    }

    private static String holder(FileChannel channel) throws IOException {
        var buffer = ByteBuffer.allocate(20);
        channel.read(buffer, 0);
        return StandardCharsets.US_ASCII.decode(buffer.flip()).toString();
    }

    private static void closeQuietly(AutoCloseable resource, Throwable cause) {
        try {
            resource.close();
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
    }

    private interface Setup {
        void apply(Connection connection) throws SQLException;
    }

    private static Connection closedUnless(Connection connection, Setup setup) throws SQLException {
        try {
            setup.apply(connection);
            return connection;
        } catch (SQLException e) {
            closeQuietly(connection, e);
            throw e;
        }
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static long number(Connection connection, String sql) throws SQLException {
        return Long.parseLong(text(connection, sql));
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static UnusableStorageException refused(
            Path path, String problem, String remedy, @Nullable Throwable cause) {
        return new UnusableStorageException(path, problem, remedy, cause);
    }
}
