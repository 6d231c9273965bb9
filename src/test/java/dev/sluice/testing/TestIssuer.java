package dev.sluice.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Issues tokens, and shows its keys: to whoever calls {@link #document}, or on a port of this machine. */
public final class TestIssuer implements AutoCloseable {
    private final List<JWK> keys = new CopyOnWriteArrayList<>();
    private final List<URI> asked = new CopyOnWriteArrayList<>();
    private final @Nullable HttpServer server;
    private final String name;
    private volatile boolean down;
    private volatile @Nullable CompletableFuture<byte[]> holding;
    private volatile @Nullable String says;

    private TestIssuer(String name, @Nullable HttpServer server) {
        this.name = name;
        this.server = server;
    }

    /** One without a port. */
    public static TestIssuer named(String name) {
        return new TestIssuer(name, null);
    }

    /** One on a port, which is part of its name. */
    public static TestIssuer start() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var issuer = new TestIssuer("http://127.0.0.1:" + server.getAddress().getPort(), server);
        server.createContext("/", exchange -> {
            issuer.asked.add(exchange.getRequestURI());
            var body = issuer.body(exchange.getRequestURI());
            exchange.sendResponseHeaders(body == null || issuer.down ? 503 : 200, body == null ? -1 : body.length);
            if (body != null) {
                exchange.getResponseBody().write(body);
            }
            exchange.close();
        });
        server.start();
        return issuer;
    }

    public String name() {
        return name;
    }

    public static RSAKey rsa(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).generate();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    public static ECKey curve(String id) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    /** From now on these are its keys, and no others. */
    public TestIssuer shows(JWK... keys) {
        this.keys.clear();
        this.keys.addAll(List.of(keys));
        return this;
    }

    /** Says this where its keys should be. */
    public void saysOf(@Nullable String text) {
        says = text;
    }

    public void goDown() {
        down = true;
    }

    public void comeBack() {
        down = false;
    }

    /** Answers nobody before {@link #goOn}. */
    public void holdOn() {
        holding = new CompletableFuture<>();
    }

    public void goOn() {
        var waiting = holding;
        holding = null;
        if (waiting != null) {
            waiting.complete(new byte[0]);
        }
    }

    public List<URI> asked() {
        return asked;
    }

    /** How often somebody wanted its keys. */
    public long fetches() {
        return asked.stream().filter(uri -> uri.getPath().equals("/keys")).count();
    }

    public CompletionStage<byte[]> document(URI address) {
        asked.add(address);
        var waiting = holding;
        return waiting == null ? now(address) : waiting.thenCompose(_ -> now(address));
    }

    private CompletionStage<byte[]> now(URI address) {
        var body = body(address);
        return down || body == null
                ? CompletableFuture.failedFuture(new IOException("the issuer is down"))
                : CompletableFuture.completedFuture(body);
    }

    private byte @Nullable [] body(URI address) {
        var told = says;
        return switch (address.getPath()) {
            case "/.well-known/openid-configuration" ->
                ("{\"issuer\":\"" + name + "\",\"jwks_uri\":\"" + name.replaceFirst("/$", "") + "/keys\"}")
                        .getBytes(StandardCharsets.UTF_8);
            case "/keys" ->
                (told != null ? told : new JWKSet(List.copyOf(keys)).toString()).getBytes(StandardCharsets.UTF_8);
            default -> null;
        };
    }

    /** A token of this issuer for {@code sluice}, good for five minutes, changed as the test says. */
    public String token(JWK key, Instant now, Consumer<JWTClaimsSet.Builder> change) {
        var claims = new JWTClaimsSet.Builder()
                .issuer(name)
                .audience("sluice")
                .subject("subject-1")
                .expirationTime(Date.from(now.plusSeconds(300)));
        change.accept(claims);
        return signed(key, header(key), claims.build());
    }

    public static JWSHeader header(JWK key) {
        return new JWSHeader.Builder(key instanceof RSAKey ? JWSAlgorithm.RS256 : JWSAlgorithm.ES256)
                .keyID(key.getKeyID())
                .type(JOSEObjectType.JWT)
                .build();
    }

    public static String signed(JWK key, JWSHeader header, JWTClaimsSet claims) {
        try {
            JWSSigner signer = key instanceof RSAKey rsa ? new RSASSASigner(rsa) : new ECDSASigner(key.toECKey());
            var token = new SignedJWT(header, claims);
            token.sign(signer);
            return token.serialize();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop(0);
        }
    }
}
