package dev.sluice.provider;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Whose certificates are believed: those of the JDK's authorities and of the operator's own. */
public final class Trust {
    private final X509ExtendedTrustManager authorities;

    private Trust(X509ExtendedTrustManager authorities) {
        this.authorities = authorities;
    }

    /**
     * Reads the authorities.
     *
     * @param pem a file of certificates beside the JDK's; empty for none
     * @throws IllegalArgumentException when it cannot be read as that
     */
    public static Trust of(String pem) {
        try {
            var usual = manager(null);
            return new Trust(pem.isEmpty() ? usual : manager(both(usual, read(pem))));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("the JDK's own certificates cannot be read: " + e.getMessage(), e);
        }
    }

    private static X509ExtendedTrustManager manager(@Nullable KeyStore store) throws GeneralSecurityException {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager found) {
                return found;
            }
        }
        throw new GeneralSecurityException("no X.509 trust manager");
    }

    private static KeyStore both(X509ExtendedTrustManager usual, Collection<? extends Certificate> more)
            throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        var number = 0;
        for (var certificate : List.of(List.of(usual.getAcceptedIssuers()), more)) {
            for (var each : certificate) {
                store.setCertificateEntry("authority-" + number++, each);
            }
        }
        return store;
    }

    private static Collection<? extends Certificate> read(String pem) {
        var file = Path.of(pem);
        try (var in = Files.newInputStream(file)) {
            var found = CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (!found.isEmpty()) {
                return found;
            }
        } catch (IOException | CertificateException _) {
            // Why it is none is said well enough by what it should be.
        }
        throw new IllegalArgumentException(
                "sluice.tls.trust: " + pem + " (expected: a file of certificates as PEM, that may be read)");
    }

    public X509ExtendedTrustManager authorities() {
        return authorities;
    }
}
