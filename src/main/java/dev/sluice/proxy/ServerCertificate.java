package dev.sluice.proxy;

import dev.sluice.config.Settings;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that the node shows to its clients: TLS 1.2 or newer, HTTP/2 and HTTP/1.1. Files that are renewed are taken up when somebody
 * looks; those that cannot be used leave the old ones in force.
 */
final class ServerCertificate {
    private static final Logger log = LoggerFactory.getLogger(ServerCertificate.class);

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private static final Duration HANDSHAKE = Duration.ofSeconds(10);

    /** For a client to take the last record, and to be told that it was the last. */
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    private static final List<String> ALGORITHMS = List.of("EC", "RSA");

    /** When the files were last written. */
    private record Written(FileTime certificate, FileTime key) {}

    private final Path certificate;
    private final Path key;
    private volatile SslContext context;
    /** Touched by whoever looks, one after the other. */
    private Written taken;

    private ServerCertificate(Path certificate, Path key) {
        this.certificate = certificate;
        this.key = key;
        // Asked first: what is written while it is read is read again.
        this.taken = written();
        this.context = read();
    }

    /**
     * Reads the files.
     *
     * @throws IllegalArgumentException when they cannot be used, with the setting and the file
     */
    static ServerCertificate of(Settings.Tls settings) {
        return new ServerCertificate(Path.of(settings.certificate()), Path.of(settings.key()));
    }

    /** For one connection. */
    SslHandler handler(Channel channel) {
        var handler = context.newHandler(channel.alloc());
        handler.setHandshakeTimeout(HANDSHAKE.toMillis(), TimeUnit.MILLISECONDS);
        handler.setCloseNotifyFlushTimeout(GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
        return handler;
    }

    /** Takes up files that have changed since the last look, for connections to come. Reads files. */
    void look() {
        var now = written();
        if (now.equals(taken)) {
            return;
        }
        taken = now;
        try {
            context = read();
            log.atInfo().addKeyValue("file", certificate).log("the certificate was renewed");
        } catch (IllegalArgumentException e) {
            log.atWarn().addKeyValue("detail", e.getMessage()).log("the certificate that was in force stays in force");
        }
    }

    private Written written() {
        return new Written(written(certificate), written(key));
    }

    private static FileTime written(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException _) {
            // Whoever reads it says so better.
            return FileTime.fromMillis(0);
        }
    }

    private SslContext read() {
        var chain = chain();
        var secret = key();
        if (!belongTogether(chain.getFirst(), secret)) {
            throw new IllegalArgumentException(
                    "sluice.tls.key: " + key + " (expected: the key of the first certificate in " + certificate + ")");
        }
        try {
            // OpenSSL's kin where there is a build of it for this machine, else the JDK's own.
            return SslContextBuilder.forServer(secret, chain)
                    .sslProvider(SslContext.defaultServerProvider())
                    .protocols(PROTOCOLS)
                    // What HTTP/2 allows (RFC 9113, 9.2.2), which is also what is safe.
                    .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            Protocol.ALPN,
                            SelectorFailureBehavior.NO_ADVERTISE,
                            SelectedListenerFailureBehavior.ACCEPT,
                            ApplicationProtocolNames.HTTP_2,
                            ApplicationProtocolNames.HTTP_1_1))
                    .build();
        } catch (SSLException e) {
            throw new IllegalArgumentException(
                    "sluice.tls.certificate: " + certificate + " (expected: a chain that TLS can use; " + e.getMessage()
                            + ")",
                    e);
        }
    }

    private List<X509Certificate> chain() {
        try (var in = Files.newInputStream(certificate)) {
            var chain = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
            if (!chain.isEmpty()) {
                return chain;
            }
        } catch (IOException | CertificateException _) {
            // Why it is none is said well enough by what it should be.
        }
        throw new IllegalArgumentException("sluice.tls.certificate: " + certificate
                + " (expected: a file of certificates as PEM, the node's own first, that may be read)");
    }

    private PrivateKey key() {
        try {
            var pem = KEY.matcher(Files.readString(key, StandardCharsets.ISO_8859_1));
            if (pem.find()) {
                return key(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1))));
            }
        } catch (IOException | GeneralSecurityException | IllegalArgumentException _) {
            // As above; and nothing of a key is ever quoted.
        }
        throw new IllegalArgumentException("sluice.tls.key: " + key
                + " (expected: a file with an EC or RSA key as PEM, \"BEGIN PRIVATE KEY\", that may be read;"
                + " openssl pkcs8 -topk8 -nodes makes one of other kinds)");
    }

    private static PrivateKey key(PKCS8EncodedKeySpec encoded) throws GeneralSecurityException {
        var why = new GeneralSecurityException("no algorithm");
        for (var algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
            } catch (GeneralSecurityException e) {
                why = e;
            }
        }
        throw why;
    }

    /** A pair that does not fit would show at the first handshake only. */
    private static boolean belongTogether(X509Certificate certificate, PrivateKey key) {
        try {
            var signature =
                    Signature.getInstance("SHA256with" + (key.getAlgorithm().equals("EC") ? "ECDSA" : "RSA"));
            var anything = new byte[] {1};
            signature.initSign(key);
            signature.update(anything);
            var signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(anything);
            return signature.verify(signed);
        } catch (GeneralSecurityException _) {
            return false;
        }
    }
}
