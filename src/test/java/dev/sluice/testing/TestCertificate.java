package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate that nobody signed but itself.
 *
 * @param keys the certificate and its key, as PKCS 12
 * @param pem  the certificate alone
 */
public record TestCertificate(Path keys, Path pem) {
    public static final String PASSWORD = "changeit";

    /** Makes one for {@code localhost}, valid now. */
    public static TestCertificate make(Path directory) {
        return make(directory, "localhost", "SAN=dns:localhost", "-validity", "2");
    }

    /**
     * Makes one.
     *
     * @param validity as keytool takes it
     */
    public static TestCertificate make(Path directory, String name, String extension, String... validity) {
        var keys = directory.resolve(name + ".p12");
        var pem = directory.resolve(name + ".pem");
        var options = new ArrayList<>(List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=" + name));
        options.addAll(List.of("-ext", extension));
        options.addAll(Arrays.asList(validity));
        keytool(keys, options);
        keytool(keys, List.of("-exportcert", "-rfc", "-file", pem.toString()));
        return new TestCertificate(keys, pem);
    }

    private static void keytool(Path store, List<String> options) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(options);
        command.addAll(List.of("-alias", "test", "-storetype", "PKCS12", "-keystore", store.toString()));
        command.addAll(List.of("-storepass", PASSWORD));
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(said).isZero();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Its key, as a PEM file beside it. */
    public Path key() throws IOException, GeneralSecurityException {
        var encoded = store().getKey("test", PASSWORD.toCharArray()).getEncoded();
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        return Files.writeString(
                Path.of(keys + ".key"), "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n");
    }

    /** The settings of a node that shows this certificate. */
    public Map<String, Object> settings() throws IOException, GeneralSecurityException {
        return Map.of("sluice.tls.certificate", pem.toString(), "sluice.tls.key", key().toString());
    }

    /** For a client that believes the certificates of one file, and no others. */
    public static SSLContext trusting(Path pem) throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var in = Files.newInputStream(pem)) {
            store.setCertificateEntry(
                    "believed", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private KeyStore store() throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys)) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    /** For a server that shows this certificate. */
    public SSLContext showing() throws IOException, GeneralSecurityException {
        var store = store();
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, PASSWORD.toCharArray());
        var context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    /** A loopback port where TLS is spoken under this certificate. */
    public ServerSocket serverSocket() throws IOException, GeneralSecurityException {
        return showing().getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }
}
