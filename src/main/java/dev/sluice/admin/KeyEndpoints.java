package dev.sluice.admin;

import dev.sluice.access.Role;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.gate.Refuser;
import dev.sluice.key.GatewayKeys;
import dev.sluice.key.GatewayKeys.Created;
import dev.sluice.key.GatewayKeys.Creation;
import dev.sluice.key.GatewayKeys.TooMany;
import dev.sluice.key.GatewayKeys.Unacceptable;
import dev.sluice.key.KeyStatus;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireError.Kind;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /api/keys?limit=&before=}: one's own gateway keys, the latest first (administrators: everybody's); {@code POST /api/keys} makes one and
 * tells it, this once; {@code DELETE /api/keys/{id}} revokes one, one's own or, for administrators, anybody's.
 *
 * <p>No POST revokes: a page in a browser could send one without a body to a gateway on the same machine.
 */
record KeyEndpoints(GatewayKeys keys, InstantSource clock, ActorSystem<?> system) {
    private static final Logger log = LoggerFactory.getLogger(KeyEndpoints.class);

    private static final int KEYS = 100;
    private static final int MAX_KEYS = 500;

    /** {@code nextBefore} is what to ask for as {@code before} to get the next page; null on the last one. */
    private record KeyList(List<Key> keys, @Nullable String nextBefore) {}

    private record Quota(String bucket, String capacity, String rate) {}

    private record NewKey(String key, Key about) {}

    private record Key(
            String id,
            String status,
            String owner,
            String name,
            List<String> tags,
            List<String> models,
            @Nullable Quota quota,
            boolean allowAdmin,
            String created,
            String createdBy,
            @Nullable String expires,
            @Nullable String revoked,
            @Nullable String lastUsed) {
        static Key of(KeyStatus status, Instant now) {
            var key = status.key();
            var terms = key.terms();
            var quota = terms.quota();
            return new Key(
                    key.id(),
                    status.revoked() != null ? "revoked" : status.isExpired(now) ? "expired" : "active",
                    terms.owner(),
                    terms.name(),
                    terms.tags(),
                    terms.models(),
                    quota == null ? null : new Quota(key.bucket(), quota.capacity(), quota.rate()),
                    terms.allowAdmin(),
                    key.created().toString(),
                    key.createdBy(),
                    text(terms.expires()),
                    text(status.revoked()),
                    text(status.lastUsed()));
        }

        private static @Nullable String text(@Nullable Instant instant) {
            return instant == null ? null : instant.toString();
        }
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(HttpMethods.GET, "/api/keys", Needs.ROLE, this::list)
                        .documented(Doc.of("One's own gateway keys, newest first; administrators: all.")
                                .query("limit", long.class, "keys at a time")
                                .query("before", String.class, "next_before of the page before")
                                .answers(KeyList.class)),
                new Endpoint(HttpMethods.POST, "/api/keys", Needs.ADMIN, this::create)
                        .documented(Doc.of("Makes a gateway key; its text is told this once.")
                                .takes(KeyRequest.Fields.class)
                                .answers(201, NewKey.class)),
                new Endpoint(HttpMethods.DELETE, "/api/keys/{id}", Needs.ROLE, this::revoke)
                        .documented(Doc.of("Revokes a gateway key: one's own; administrators: any.")
                                .answers(Key.class)));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        int limit;
        String before;
        try {
            var query = Query.of(call.request(), Set.of("limit", "before"));
            limit = query.limit(KEYS, MAX_KEYS);
            before = query.values().get("before");
        } catch (BadRequest e) {
            return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
        }
        var owner = call.role() == Role.ADMIN ? null : call.caller().login();
        return keys.list(owner, limit, before)
                .thenApplyAsync(page -> Json.ok(page(page, limit)), system.executionContext());
    }

    private KeyList page(List<KeyStatus> page, int limit) {
        var now = clock.instant();
        return new KeyList(
                page.stream().map(key -> Key.of(key, now)).toList(),
                page.size() == limit ? page.getLast().key().id() : null);
    }

    private CompletionStage<HttpResponse> create(Call call) {
        return Body.read(call.request(), system, body -> create(call, body));
    }

    private CompletionStage<HttpResponse> create(Call call, byte[] body) {
        try {
            var terms = KeyRequest.read(body);
            return keys.create(terms, call.caller().login())
                    .thenApplyAsync(creation -> created(call, creation), system.executionContext());
        } catch (BadRequest e) {
            return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
        }
    }

    private HttpResponse created(Call call, Creation creation) {
        return switch (creation) {
            case Created(var text, var status) -> {
                log(call, status, "a gateway key was made");
                yield Json.ok(new NewKey(text.reveal(), Key.of(status, clock.instant())))
                        .withStatus(StatusCodes.CREATED)
                        .addHeader(RawHeader.create("cache-control", "no-store"));
            }
            case Unacceptable(var why) -> Json.badRequest(why);
            case TooMany() ->
                Refuser.JSON.refuse(new WireError(
                        Kind.BAD_REQUEST,
                        409,
                        "there are " + GatewayKeys.MOST
                                + " gateway keys already, revoked and expired ones among them; no more can be made"));
        };
    }

    private CompletionStage<HttpResponse> revoke(Call call) {
        if (!call.request().entity().isStrict()) {
            call.request().discardEntityBytes(system);
        }
        var id = call.parameter("id");
        return keys.find(id)
                .thenComposeAsync(
                        found -> found.filter(key -> isOwn(call, key)).isPresent()
                                ? keys.revoke(id, call.caller().login())
                                : CompletableFuture.completedStage(Optional.<KeyStatus>empty()),
                        system.executionContext())
                .thenApplyAsync(revoked -> revoked(call, revoked), system.executionContext());
    }

    /** A key that leaked must not take its owner's others along: it stands for itself alone. */
    private static boolean isOwn(Call call, KeyStatus key) {
        var caller = call.caller();
        if (call.role() == Role.ADMIN) {
            return true;
        }
        return caller.node().startsWith("key:")
                ? caller.node().equals("key:" + key.key().id())
                : key.key().terms().owner().equals(caller.login());
    }

    private HttpResponse revoked(Call call, Optional<KeyStatus> revoked) {
        if (revoked.isEmpty()) {
            return Json.notFound("no gateway key " + Json.quote(call.parameter("id")));
        }
        log(call, revoked.get(), "a gateway key was revoked");
        return Json.ok(Key.of(revoked.get(), clock.instant()));
    }

    private static void log(Call call, KeyStatus status, String what) {
        call.note("key", status.key().id());
        call.note("owner", status.key().terms().owner());
        log.atInfo()
                .addKeyValue("caller", call.caller().login())
                .addKeyValue("key", status.key().id())
                .addKeyValue("owner", status.key().terms().owner())
                .log(what);
    }
}
