package dev.sluice.provider;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.net.Socket;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards one host: 1.2 or newer, with a certificate of that very name. Remembers why the last certificate was not believed, in words for
 * whoever has to mend it.
 */
final class Tls {
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    /** A certificate says what it likes; so much of it goes into a message. */
    private static final int MAX_QUOTED = 200;

    private static final String HTTP2 = "h2";
    private static final String HTTP1 = "http/1.1";

    private final Target.Host host;
    private final SslContext both;
    private final SslContext http1;
    private volatile @Nullable String distrust;

    Tls(Target.Host host, Trust trust) {
        this.host = host;
        try {
            var trusted = new Noting(trust.authorities());
            this.both = context(trusted, HTTP2, HTTP1);
            this.http1 = context(trusted, HTTP1);
        } catch (SSLException e) {
            throw new IllegalStateException("no TLS on this machine", e);
        }
    }

    /** OpenSSL's kin where there is a build of it for this machine, else the JDK's own. */
    private static SslContext context(TrustManager trusted, String... protocols) throws SSLException {
        return SslContextBuilder.forClient()
                .sslProvider(SslContext.defaultClientProvider())
                .trustManager(trusted)
                .protocols(PROTOCOLS)
                .endpointIdentificationAlgorithm("HTTPS")
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        protocols))
                .build();
    }

    /**
     * For one connection.
     *
     * @param http2    whether to offer it
     * @param patience for all of the handshake
     */
    SslHandler handler(boolean http2, Duration patience) {
        var handler = (http2 ? both : http1).newHandler(ByteBufAllocator.DEFAULT, host.name(), host.port());
        handler.setHandshakeTimeout(patience.toMillis(), TimeUnit.MILLISECONDS);
        return handler;
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
