package dev.sluice;

import dev.sluice.config.Finding;
import dev.sluice.config.PolicyDocument;
import dev.sluice.config.PolicyReading;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/** The policy document on disk. */
record PolicyFile(Path path) {
    PolicyReading read() throws IOException {
        try {
            return PolicyDocument.read(Files.readString(path));
        } catch (NoSuchFileException e) {
            throw new IOException(
                    path + ": no such file (expected: a policy document, for example conf/demo.hujson)", e);
        } catch (CharacterCodingException e) {
            throw new IOException(path + ": not UTF-8 (expected: a policy document)", e);
        } catch (IOException e) {
            throw new IOException(path + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    /** Prints findings as a compiler does. */
    void print(PolicyReading reading, PrintWriter out) {
        for (Finding finding : reading.findings()) {
            var place = finding.line() == 0 ? "" : ":" + finding.line() + ":" + finding.column();
            out.println(path + place + ": " + finding.severity().name().toLowerCase(Locale.ROOT) + ": "
                    + finding.message());
        }
        out.flush();
    }
}
