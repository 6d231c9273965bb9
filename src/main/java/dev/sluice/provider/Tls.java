package dev.sluice.provider;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards one host: 1.2 or newer, with a certificate of that very name. Remembers why the last certificate was not believed, because
 * Pekko's TLS stage tells nobody.
 */
final class Tls {
    static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    /** A certificate says what it likes; so much of it goes into a message. */
    private static final int MAX_QUOTED = 200;

    private final Target.Host host;
    private final SSLContext context;
    private volatile @Nullable String distrust;

    Tls(Target.Host host, Trust trust) {
        this.host = host;
        try {
            this.context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Noting(trust.authorities())}, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no TLS", e);
        }
    }

    /** For one connection. */
    SSLEngine engine() {
        var engine = context.createSSLEngine(host.name(), host.port());
        engine.setUseClientMode(true);
        var parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setProtocols(PROTOCOLS);
        engine.setSSLParameters(parameters);
        return engine;
    }

    SSLContext context() {
        return context;
    }

    /** Why the last certificate was not believed; null when it was, or when there was none. */
    @Nullable
    String distrust() {
        return distrust;
    }

    private static String told(X509Certificate certificate, CertificateException failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        var why = String.valueOf(root.getMessage());
        return switch (root) {
            case CertPathBuilderException _ ->
                "its certificate is signed by nobody whom this machine trusts (issuer: "
                        + quoted(certificate.getIssuerX500Principal().getName())
                        + "; sluice.tls.trust adds an authority)";
            case CertificateExpiredException _ -> "its certificate has expired (" + quoted(why) + ")";
            case CertificateNotYetValidException _ -> "its certificate is not valid yet (" + quoted(why) + ")";
            default -> "its certificate is not to be trusted: " + quoted(why);
        };
    }

    private static String quoted(String text) {
        return text.length() > MAX_QUOTED ? text.substring(0, MAX_QUOTED) : text;
    }

    /** Believes what the authorities believe, and notes what they do not. */
    private final class Noting extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager authorities;

        Noting(X509ExtendedTrustManager authorities) {
            this.authorities = authorities;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            try {
                authorities.checkServerTrusted(chain, type, engine);
                distrust = null;
            } catch (CertificateException e) {
                distrust = told(chain[0], e);
                throw e;
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            authorities.checkServerTrusted(chain, type, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            authorities.checkServerTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            authorities.checkClientTrusted(chain, type, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            authorities.checkClientTrusted(chain, type, engine);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            authorities.checkClientTrusted(chain, type);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return authorities.getAcceptedIssuers();
        }
    }
}
