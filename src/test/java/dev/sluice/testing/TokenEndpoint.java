package dev.sluice.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;

/** Plays Google's token endpoint: believes only one account, and numbers its tokens {@code token-1}, {@code token-2} and on. */
public final class TokenEndpoint implements AutoCloseable {
    private final GoogleAccount account;
    private final BareProvider server;
    private final List<JsonNode> claims = new CopyOnWriteArrayList<>();
    private final Semaphore may = new Semaphore(0);
    private volatile boolean open = true;
    private volatile String failure = "";
    private volatile int lifeSeconds = 3600;

    private TokenEndpoint(GoogleAccount account) {
        this.account = account;
        this.server = BareProvider.start(this::answer);
    }

    public static TokenEndpoint start(GoogleAccount account) {
        return new TokenEndpoint(account);
    }

    public String uri() {
        return server.url() + "/token";
    }

    public String host() {
        return "http://127.0.0.1:" + server.port();
    }

    /** What every request so far has claimed. */
    public List<JsonNode> claims() {
        return claims;
    }

    public void life(int seconds) {
        lifeSeconds = seconds;
    }

    /** From now on: status line and body; an empty one for tokens again. */
    public void fail(String statusAndBody) {
        failure = statusAndBody;
    }

    /** From now on nothing is answered. */
    public void hold() {
        open = false;
    }

    public void release() {
        open = true;
        may.release(1000);
    }

    private void answer(BareProvider.Request request, InputStream in, OutputStream out) throws Exception {
        var form = request.body();
        var grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
        if (!request.head().startsWith("POST /token HTTP/1.1\r\n") || !form.startsWith(grant)) {
            write(out, "404 Not Found", "{}");
            return;
        }
        claims.add(account.claims(form.substring(grant.length())));
        var number = claims.size();
        if (!open) {
            may.acquire();
        }
        if (failure.isEmpty()) {
            write(
                    out,
                    "200 OK",
                    "{\"access_token\": \"token-%d\", \"expires_in\": %d, \"token_type\": \"Bearer\"}"
                            .formatted(number, lifeSeconds));
        } else {
            // An endpoint that repeats what it was asked must not make us repeat it.
            write(
                    out,
                    failure.lines().findFirst().orElseThrow(),
                    failure.lines()
                            .skip(1)
                            .findFirst()
                            .orElse("")
                            .replace("ASSERTION", form.substring(grant.length())));
        }
    }

    private static void write(OutputStream out, String status, String body) throws Exception {
        out.write(("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        release();
        server.close();
    }
}
