package dev.sluice.admin;

import dev.sluice.admin.Json.ProblemError;
import dev.sluice.config.Finding;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Handler;
import dev.sluice.gate.Needs;
import dev.sluice.gate.Refuser;
import dev.sluice.policy.Policies;
import dev.sluice.policy.Policies.Document;
import dev.sluice.policy.Policies.FileChanged;
import dev.sluice.policy.Policies.Invalid;
import dev.sluice.policy.Policies.LockedOut;
import dev.sluice.policy.Policies.NoSuchVersion;
import dev.sluice.policy.Policies.Outcome;
import dev.sluice.policy.Policies.Outdated;
import dev.sluice.policy.Policies.Past;
import dev.sluice.policy.Policies.Saved;
import dev.sluice.policy.Policies.Version;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireError.Kind;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/**
 * The policy document. {@code GET} and {@code PUT /aperture/config}, {@code POST /aperture/config:validate}; the versions:
 * {@code GET /aperture/config/versions?limit=&before=}, {@code GET /aperture/config/versions/{number}},
 * {@code POST /aperture/config/versions/{number}:rollback}; and, as it was before those, {@code GET} and {@code PUT /api/config}.
 */
record PolicyEndpoints(Policies policies, ActorSystem<?> system) {
    /** The largest document, with every character escaped as JSON does. */
    private static final int MAX_BYTES = 6 << 20;

    private static final int VERSIONS = 50;
    private static final int MAX_VERSIONS = 1000;

    /** {@code troubles} are sentences: why the file on disk is not in force, or was not written. */
    private record Config(String config, long version, List<String> troubles) {}

    private record NewConfig(String config) {}

    private record OldNewConfig(String config, String hash) {}

    private record OldConfig(String config, boolean exists, String hash) {}

    private record NewHash(String hash) {}

    private record Validity(boolean valid, @Nullable List<String> errors) {}

    /** {@code nextBefore} is what to ask for as {@code before} to get the next page; null on the last one. */
    private record VersionList(
            List<VersionView> versions, @Nullable Long nextBefore) {}

    private record VersionView(
            long version,
            String hash,
            String by,
            String at,
            @Nullable Long restored) {
        static VersionView of(Version it) {
            return new VersionView(it.number(), it.hash(), it.by(), it.at().toString(), it.restored());
        }
    }

    private record PastView(
            long version,
            String hash,
            String by,
            String at,
            @Nullable Long restored,
            String config,
            @Nullable String diff) {
        static PastView of(Past past) {
            var it = past.version();
            return new PastView(
                    it.number(), it.hash(), it.by(), it.at().toString(), it.restored(), past.text(), past.diff());
        }
    }

    List<Endpoint> endpoints() {
        return List.of(
                endpoint(HttpMethods.GET, "/aperture/config", this::get)
                        .documented(Doc.of(
                                        "The policy document in force, secrets redacted; its ETag is what If-Match is to say.")
                                .answers(Config.class)),
                endpoint(HttpMethods.PUT, "/aperture/config", this::put)
                        .documented(Doc.of(
                                        "Saves a policy document over the one that If-Match names, * for any, and puts it in force. Marks of secrets mean the stored ones.")
                                .header("If-Match", "the ETag that the document was read with, or *")
                                .takes(NewConfig.class)
                                .answers(Config.class)),
                endpoint(HttpMethods.POST, "/aperture/config:validate", this::validate)
                        .documented(Doc.of("What keeps a policy document from being saved.")
                                .takes(NewConfig.class)
                                .answers(Validity.class)),
                endpoint(HttpMethods.GET, "/aperture/config/versions", this::versions)
                        .documented(Doc.of("Versions of the policy document, newest first.")
                                .query("limit", long.class, "versions at a time")
                                .query("before", long.class, "next_before of the page before")
                                .answers(VersionList.class)),
                endpoint(HttpMethods.GET, "/aperture/config/versions/{number}", this::version)
                        .documented(Doc.of("One version, and what changed in it, secrets redacted.")
                                .answers(PastView.class)),
                endpoint(HttpMethods.POST, "/aperture/config/versions/{number}:rollback", this::rollBack)
                        .documented(
                                Doc.of("Saves an earlier version anew, over the one that If-Match names, * for any.")
                                        .header("If-Match", "as for PUT")
                                        .answers(Config.class)),
                new Endpoint(HttpMethods.GET, "/api/config", Needs.ADMIN, this::oldGet)
                        .documented(Doc.of("As GET /aperture/config, in an older form.")
                                .answers(OldConfig.class)),
                new Endpoint(HttpMethods.PUT, "/api/config", Needs.ADMIN, this::oldPut)
                        .documented(Doc.of("As PUT /aperture/config, in an older form.")
                                .takes(OldNewConfig.class)
                                .answers(NewHash.class)));
    }

    private static Endpoint endpoint(HttpMethod method, String path, Handler handler) {
        return new Endpoint(method, path, Needs.ADMIN, handler, Refuser.PROBLEM);
    }

    // --- the document

    private CompletionStage<HttpResponse> get(Call call) {
        return done(answer(policies.current()));
    }

    private HttpResponse answer(Document document) {
        return Json.ok(new Config(
                        document.redaction().text(), document.version().number(), policies.troubles()))
                .addHeader(tag(document.version()));
    }

    private CompletionStage<HttpResponse> put(Call call) {
        var over = ifMatch(call.request());
        if (over == null) {
            discard(call);
            return done(noIfMatch());
        }
        return read(
                call,
                "config",
                text -> policies.save(text, hash(over), call.caller())
                        .thenApplyAsync(outcome -> outcome(call, outcome), system.executionContext()));
    }

    private static HttpResponse noIfMatch() {
        return refuse(
                Kind.BAD_REQUEST,
                428,
                "If-Match: nothing (expected: the ETag that GET /aperture/config gave, or * to save over anything)");
    }

    private HttpResponse outcome(Call call, Outcome outcome) {
        note(call, outcome);
        return switch (outcome) {
            case Saved(var document) -> answer(document);
            case Outdated(var newest) ->
                refuse(Kind.BAD_REQUEST, 412, outdated(newest)).addHeader(tag(newest));
            case Invalid(var findings) ->
                Json.problem(
                        422,
                        "the document has " + findings.size() + (findings.size() == 1 ? " flaw" : " flaws")
                                + "; warnings count, too",
                        findings.stream()
                                .map(it -> new ProblemError("body.config", sentence(it)))
                                .toList());
            case LockedOut() -> Json.problem(422, LOCKED_OUT, List.of(new ProblemError("body.config", LOCKED_OUT)));
            case FileChanged(var path) -> refuse(Kind.BAD_REQUEST, 409, fileChanged(path));
            case NoSuchVersion() -> refuse(Kind.NOT_FOUND, 404, "no such version");
        };
    }

    private static void note(Call call, Outcome outcome) {
        if (outcome instanceof Saved(var document)) {
            call.note("version", Long.toString(document.version().number()));
            call.note("hash", document.version().hash());
        }
    }

    private static final String LOCKED_OUT =
            "this would take the role of an administrator from you (expected: a grant for you that assigns role:admin)";

    private static String outdated(Version newest) {
        return "version " + newest.number() + ", saved by " + newest.by() + " at " + newest.at()
                + ", is in force (expected: a change of that one)";
    }

    private static String fileChanged(java.nio.file.Path path) {
        return path.getFileName() + " was changed on disk and is not in force (expected: a file that can be taken up, "
                + "or as it was; If-Match: * saves over it)";
    }

    private CompletionStage<HttpResponse> validate(Call call) {
        return read(
                call,
                "config",
                text -> policies.check(text).thenApplyAsync(PolicyEndpoints::validity, system.executionContext()));
    }

    private static HttpResponse validity(List<Finding> findings) {
        return Json.ok(new Validity(
                findings.isEmpty(),
                findings.isEmpty()
                        ? null
                        : findings.stream().map(PolicyEndpoints::sentence).toList()));
    }

    /** {@code line 3, column 5: ...}. */
    private static String sentence(Finding finding) {
        return (finding.line() == 0 ? "" : "line " + finding.line() + ", column " + finding.column() + ": ")
                + finding.message();
    }

    // --- versions

    private CompletionStage<HttpResponse> versions(Call call) {
        int limit;
        long before;
        try {
            var query = Query.of(call.request(), Set.of("limit", "before"));
            limit = query.limit(VERSIONS, MAX_VERSIONS);
            before = query.cursor("before", Long.MAX_VALUE);
        } catch (BadRequest e) {
            return done(refuse(Kind.BAD_REQUEST, 400, String.valueOf(e.getMessage())));
        }
        return policies.versions().thenApplyAsync(all -> page(all, limit, before), system.executionContext());
    }

    private static HttpResponse page(List<Version> all, int limit, long before) {
        var rest = all.stream().filter(it -> it.number() < before).toList();
        var shown = rest.stream().limit(limit).map(VersionView::of).toList();
        return Json.ok(new VersionList(
                shown, rest.size() > shown.size() ? shown.getLast().version() : null));
    }

    private CompletionStage<HttpResponse> version(Call call) {
        return policies.version(number(call))
                .thenApplyAsync(
                        found -> found.map(it -> Json.ok(PastView.of(it)))
                                .orElseGet(() -> refuse(Kind.NOT_FOUND, 404, "no such version")),
                        system.executionContext());
    }

    private CompletionStage<HttpResponse> rollBack(Call call) {
        discard(call);
        var over = ifMatch(call.request());
        if (over == null) {
            return done(noIfMatch());
        }
        return policies.rollBack(number(call), hash(over), call.caller())
                .thenApplyAsync(outcome -> outcome(call, outcome), system.executionContext());
    }

    /** Zero, which no version has, for what is no number. */
    private static long number(Call call) {
        var text = call.parameter("number");
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    // --- the older paths

    private CompletionStage<HttpResponse> oldGet(Call call) {
        var document = policies.current();
        return done(Json.ok(new OldConfig(
                document.redaction().text(), true, document.version().hash())));
    }

    private CompletionStage<HttpResponse> oldPut(Call call) {
        return new Body(MAX_BYTES, Refuser.JSON)
                .read(
                        body -> {
                            try {
                                var asked = Json.readTexts(body, "config", "hash");
                                return policies.save(
                                                asked.get("config").textValue(),
                                                asked.get("hash").textValue(),
                                                call.caller())
                                        .thenApplyAsync(
                                                outcome -> oldOutcome(call, outcome), system.executionContext());
                            } catch (BadRequest e) {
                                return done(Json.badRequest(String.valueOf(e.getMessage())));
                            }
                        },
                        call.request(),
                        system);
    }

    private static HttpResponse oldOutcome(Call call, Outcome outcome) {
        note(call, outcome);
        return switch (outcome) {
            case Saved(var document) -> Json.ok(new NewHash(document.version().hash()));
            case Outdated(var newest) -> oldRefuse(409, outdated(newest));
            case Invalid(var findings) ->
                oldRefuse(
                        422,
                        String.join(
                                "\n",
                                findings.stream().map(PolicyEndpoints::sentence).toList()));
            case LockedOut() -> oldRefuse(422, LOCKED_OUT);
            case FileChanged(var path) -> oldRefuse(409, fileChanged(path));
            case NoSuchVersion() -> oldRefuse(404, "no such version");
        };
    }

    private static HttpResponse oldRefuse(int status, String message) {
        return Refuser.JSON.refuse(new WireError(Kind.BAD_REQUEST, status, message));
    }

    // --- what they share

    private CompletionStage<HttpResponse> read(
            Call call, String field, Function<String, CompletionStage<HttpResponse>> then) {
        return new Body(MAX_BYTES, Refuser.PROBLEM)
                .read(
                        body -> {
                            String text;
                            try {
                                text = Json.readTexts(body, field).get(field).textValue();
                            } catch (BadRequest e) {
                                return done(refuse(Kind.BAD_REQUEST, 422, String.valueOf(e.getMessage())));
                            }
                            return then.apply(text);
                        },
                        call.request(),
                        system);
    }

    /** The one version that the client wants to change, {@code *} for any; null when it does not say, or says several. */
    private static @Nullable String ifMatch(HttpRequest request) {
        return request.getHeader("If-Match").map(HttpHeader::value).orElse(null);
    }

    /** Null for any. What is no tag of ours is the hash of no version. */
    private static @Nullable String hash(@Nullable String tag) {
        return tag == null || tag.strip().equals("*") ? null : tag.strip().replaceAll("^\"|\"$", "");
    }

    private static HttpHeader tag(Version version) {
        return RawHeader.create("ETag", "\"" + version.hash() + "\"");
    }

    private void discard(Call call) {
        if (!call.request().entity().isStrict()) {
            call.request().discardEntityBytes(system);
        }
    }

    private static HttpResponse refuse(Kind kind, int status, String detail) {
        return Refuser.PROBLEM.refuse(new WireError(kind, status, detail));
    }

    private static CompletionStage<HttpResponse> done(HttpResponse response) {
        return CompletableFuture.completedFuture(response);
    }
}
