package dev.sluice.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sluice.config.IdentitySettings.Claims;
import dev.sluice.config.IdentitySettings.Issuer;
import dev.sluice.identity.Resolver.Answer;
import dev.sluice.identity.Resolver.Asking;
import dev.sluice.identity.Resolver.Doubted;
import dev.sluice.identity.Resolver.Known;
import dev.sluice.identity.Resolver.Unknown;
import dev.sluice.testing.TestIssuer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtTokensTest {
    private static final String NAME = "https://id.example.com/";
    private static final Duration SKEW = Duration.ofSeconds(30);
    private static final Duration REFRESH = Duration.ofMinutes(10);
    private static final RSAKey RSA = TestIssuer.rsa("rsa");
    private static final RSAKey NEXT = TestIssuer.rsa("next");
    private static final ECKey CURVE = TestIssuer.curve("curve");
    private static final InetSocketAddress PEER = new InetSocketAddress(InetAddress.ofLiteral("192.168.0.9"), 4711);

    private final SetClock clock = new SetClock();
    private final TestIssuer issuer = TestIssuer.named(NAME).shows(RSA, CURVE);
    private final JwtTokens tokens = tokens(issuer(List.of("RS256", "ES256")));

    // --- who is meant

    @Test
    void knowsWhomATokenIsAbout() {
        var token = token(
                RSA,
                claims -> claims.claim("email", "alice@example.com")
                        .claim("email_verified", true)
                        .claim("name", "Alice")
                        .claim("groups", List.of("eng", "group:ops", "eng")));

        assertThat(ask(token))
                .isEqualTo(new Known(Identified.by(
                        Set.of("authorization"),
                        new Caller(
                                "alice@example.com",
                                "Alice",
                                "",
                                List.of(),
                                List.of("group:eng", "group:ops"),
                                false,
                                List.of()))));
        assertThat(ask(token(CURVE, claims -> {}))).isInstanceOf(Known.class);
    }

    @Test
    void takesACallerWithTagsForAMachine() {
        var token = token(
                RSA, claims -> claims.claim("email", "alice@example.com").claim("tags", List.of("prod", "tag:ci")));

        assertThat(caller(token))
                .isEqualTo(new Caller(
                        "tag:ci,tag:prod",
                        "",
                        "subject-1",
                        List.of("tag:ci", "tag:prod"),
                        List.of(),
                        false,
                        List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "\"false\"", "0", "\"\"", "{}"})
    void takesNoEmailThatIsNotVerified(String verified) {
        var token = raw("\"email\":\"alice@example.com\",\"email_verified\":" + verified);

        assertThat(caller(token).login()).isEqualTo("subject-1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"email\":\"(loopback)\"",
                "\"email\":\"tag:prod\"",
                "\"email\":\"group:eng\"",
                "\"email\":\"*\"",
                "\"email\":\"tagged-devices\"",
                "\"email\":\"a\\u0000b\"",
                "\"email\":7",
                "\"email\":[\"alice@example.com\"]",
                "\"email\":\"a\",\"groups\":{}",
                "\"email\":\"a\",\"groups\":[\"eng\",7]",
                "\"email\":\"a\",\"groups\":[\"\"]",
                "\"email\":\"a\",\"groups\":[\"a\\nb\"]",
                "\"email\":\"a\",\"tags\":[\"a,tag:b\"]",
                "\"email\":\"a\",\"tags\":[\"a b\"]",
                "\"email\":\"a\",\"tags\":true",
            })
    void doubtsClaimsThatCouldMeanSomebodyElse(String claims) {
        assertThat(ask(raw(claims))).isInstanceOf(Doubted.class);
    }

    @Test
    void doubtsATokenThatNamesNobody() {
        assertThat(ask(token(RSA, claims -> claims.subject(null)))).isInstanceOf(Doubted.class);
        assertThat(ask(token(RSA, claims -> claims.subject(" ")))).isInstanceOf(Doubted.class);
    }

    @Test
    void findsClaimsThatStandDeeper() {
        var before = issuer.asked().size();
        var deep = tokens(new Issuer(
                NAME,
                List.of("sluice"),
                NAME + "keys",
                SKEW,
                List.of("RS256"),
                REFRESH,
                new Claims(List.of("/user/login"), "/realm_access/roles", "tags", "name")));

        var answer = ask(
                deep,
                "Authorization",
                "Bearer " + raw("\"user\":{\"login\":\"bob\"},\"realm_access\":{\"roles\":\"ops\"}"));

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Known.class,
                        known -> assertThat(known.identified().caller())
                                .isEqualTo(
                                        new Caller("bob", "", "", List.of(), List.of("group:ops"), false, List.of())));
        assertThat(issuer.asked().subList(before, issuer.asked().size())).containsExactly(URI.create(NAME + "keys"));
    }

    // --- what is not ours

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sk-ant-oat01-abc.def.ghi",
                "-",
                "eyJ",
                "eyJ..",
                "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
                "eyJhbGciOiJSUzI1NiJ9.bm90IGpzb24.c2ln",
                "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjF9.c2ln",
                "eyJhbGciOiJSUzI1NiJ9.!!!.c2ln",
                "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d",
            })
    void leavesWhatIsNoTokenToOthers(String credential) {
        assertThat(ask(credential)).isInstanceOf(Unknown.class);
        assertThat(ask(tokens, "x-api-key", credential)).isInstanceOf(Unknown.class);
    }

    @Test
    void leavesTokensOfOtherIssuersToOthers() {
        var other = TestIssuer.named("https://auth.openai.com").token(NEXT, clock.instant(), claims -> {});
        var almost = TestIssuer.named("https://id.example.com").token(RSA, clock.instant(), claims -> {});

        assertThat(ask(other)).isInstanceOf(Unknown.class);
        assertThat(ask(almost)).isInstanceOf(Unknown.class);
        assertThat(tokens.resolve(PEER, HttpRequest.create())).isInstanceOf(Unknown.class);
    }

    @Test
    void readsBearersOnlyFromAuthorization() {
        var token = token(RSA, claims -> {});

        assertThat(ask(tokens, "Authorization", "bearer  " + token)).isInstanceOf(Known.class);
        assertThat(ask(tokens, "Authorization", token)).isInstanceOf(Unknown.class);
        assertThat(ask(tokens, "Authorization", "Basic " + token)).isInstanceOf(Unknown.class);
        assertThat(ask(tokens, "Cookie", token)).isInstanceOf(Unknown.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x-api-key", "X-Goog-Api-Key", "api-key"})
    void readsTokensWhereverClientsPutAKey(String header) {
        assertThat(ask(tokens, header, token(RSA, claims -> {})))
                .isInstanceOfSatisfying(
                        Known.class,
                        known -> assertThat(known.identified().headers())
                                .containsExactly(header.toLowerCase(Locale.ROOT)));
    }

    // --- what does not verify

    @Test
    void doubtsAnotherKeysSignature() {
        var forged = TestIssuer.rsa("rsa");

        assertThat(ask(token(forged, claims -> {}))).isInstanceOf(Doubted.class);
    }

    @Test
    void doubtsATokenOfOneIssuerSignedByAnother() {
        var both = JwtTokens.of(
                List.of(issuer(List.of("RS256")), other("https://other.example.com")),
                address -> address.getHost().equals("other.example.com")
                        ? TestIssuer.named("https://other.example.com")
                                .shows(NEXT)
                                .document(address)
                        : issuer.document(address),
                clock);

        assertThat(ask(both, "x-api-key", token(NEXT, claims -> {}))).isInstanceOf(Doubted.class);
        assertThat(ask(both, "x-api-key", token(RSA, claims -> claims.issuer("https://other.example.com"))))
                .isInstanceOf(Doubted.class);
        assertThat(ask(both, "x-api-key", token(NEXT, claims -> claims.issuer("https://other.example.com"))))
                .isInstanceOf(Known.class);
    }

    @Test
    void doubtsUnsignedTokens() {
        var payload = token(RSA, claims -> {}).split("\\.", -1)[1];
        for (var alg : List.of("none", "None", "NONE", "nOnE", "")) {
            var header = Base64URL.encode("{\"alg\":\"" + alg + "\"}");
            assertThat(ask(header + "." + payload + ".")).as(alg).isInstanceOf(Doubted.class);
            assertThat(ask(header + "." + payload + ".c2ln")).as(alg).isInstanceOf(Doubted.class);
        }
        assertThat(ask("eyJ9." + payload + ".c2ln")).isInstanceOf(Doubted.class);
    }

    @Test
    void doubtsAPublicKeyThatIsUsedAsASecret() throws JOSEException {
        var secrets = List.of(
                RSA.toRSAPublicKey().getEncoded(),
                RSA.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8),
                RSA.getModulus().decode());
        for (var secret : secrets) {
            var token = new JWSObject(
                    new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa").build(), payload("\"email\":\"a\""));
            token.sign(new MACSigner(secret));
            assertThat(ask(token.serialize())).isInstanceOf(Doubted.class);
        }
    }

    @Test
    void believesNoKeyThatComesWithTheToken() {
        var own = TestIssuer.rsa("own");
        var claims = new JWTClaimsSet.Builder()
                .issuer(NAME)
                .audience("sluice")
                .subject("x")
                .expirationTime(Date.from(clock.instant().plusSeconds(60)))
                .build();
        var embedded =
                new JWSHeader.Builder(JWSAlgorithm.RS256).jwk(own.toPublicJWK()).build();
        var remote = new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("own")
                .jwkURL(URI.create("https://mallory.example.com/keys"))
                .build();

        assertThat(ask(TestIssuer.signed(own, embedded, claims))).isInstanceOf(Doubted.class);
        assertThat(ask(TestIssuer.signed(own, remote, claims))).isInstanceOf(Doubted.class);
        assertThat(issuer.asked()).noneMatch(uri -> uri.getHost().startsWith("mallory"));
    }

    @Test
    void doubtsAnAlgorithmThatIsNotAllowed() {
        var strict = tokens(issuer(List.of("ES256")));

        assertThat(ask(strict, "x-api-key", token(RSA, claims -> {}))).isInstanceOf(Doubted.class);
        assertThat(ask(strict, "x-api-key", token(CURVE, claims -> {}))).isInstanceOf(Known.class);
    }

    @Test
    void usesNoKeyForWhatItIsNotFor() {
        issuer.shows(
                new RSAKey.Builder(RSA).keyUse(KeyUse.ENCRYPTION).build(),
                new RSAKey.Builder(NEXT).algorithm(JWSAlgorithm.RS512).build(),
                new OctetSequenceKey.Builder(new byte[64]).keyID("rsa").build());
        var fresh = tokens(issuer(List.of("RS256")));

        assertThat(ask(fresh, "x-api-key", token(RSA, claims -> {}))).isInstanceOf(Doubted.class);
        assertThat(ask(fresh, "x-api-key", token(NEXT, claims -> {}))).isInstanceOf(Doubted.class);
    }

    @ParameterizedTest
    @CsvSource({"-31, false", "-30, false", "-29, true", "0, true", "1, true"})
    void endsWithItsTime(int seconds, boolean known) {
        var token = token(
                RSA, claims -> claims.expirationTime(Date.from(clock.instant().plusSeconds(seconds))));

        assertThat(ask(token)).isInstanceOf(known ? Known.class : Doubted.class);
    }

    @ParameterizedTest
    @CsvSource({"31, false", "30, true", "0, true", "-1000, true"})
    void beginsWithItsTime(int seconds, boolean known) {
        var token = token(
                RSA, claims -> claims.notBeforeTime(Date.from(clock.instant().plusSeconds(seconds))));

        assertThat(ask(token)).isInstanceOf(known ? Known.class : Doubted.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"exp\":\"soon\"",
                "\"exp\":null",
                "\"exp\":-1",
                "\"exp\":1e400",
                "\"nbf\":\"now\",\"exp\":99999999999"
            })
    void doubtsTimesThatAreNone(String times) {
        var payload = new Payload("{\"iss\":\"" + NAME + "\",\"aud\":\"sluice\",\"sub\":\"x\"," + times + "}");

        assertThat(ask(signed(payload))).isInstanceOf(Doubted.class);
    }

    @Test
    void doubtsATokenWithoutAnEnd() {
        assertThat(ask(token(RSA, claims -> claims.expirationTime(null)))).isInstanceOf(Doubted.class);
    }

    @Test
    void doubtsATokenThatIsMeantForSomebodyElse() {
        assertThat(ask(token(RSA, claims -> claims.audience("wiki")))).isInstanceOf(Doubted.class);
        assertThat(ask(token(RSA, claims -> claims.audience((String) null)))).isInstanceOf(Doubted.class);
        assertThat(ask(token(RSA, claims -> claims.audience(List.of("wiki", "sluice")))))
                .isInstanceOf(Known.class);
    }

    @Test
    void doubtsATokenThatIsNoneOfThatKind() {
        var claims = new JWTClaimsSet.Builder()
                .issuer(NAME)
                .audience("sluice")
                .subject("x")
                .expirationTime(Date.from(clock.instant().plusSeconds(60)))
                .build();
        for (var type : List.of("logout+jwt", "dpop+jwt", "secevent+jwt")) {
            var header = new JWSHeader.Builder(JWSAlgorithm.RS256)
                    .keyID("rsa")
                    .type(new JOSEObjectType(type))
                    .build();
            assertThat(ask(TestIssuer.signed(RSA, header, claims))).as(type).isInstanceOf(Doubted.class);
        }
        var access = new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("rsa")
                .type(new JOSEObjectType("at+jwt"))
                .build();
        assertThat(ask(TestIssuer.signed(RSA, access, claims))).isInstanceOf(Known.class);
    }

    @Property(tries = 100)
    void doubtsATokenThatWasTamperedWith(@ForAll int at, @ForAll byte by) {
        var token = token(RSA, claims -> claims.claim("email", "alice@example.com"));
        var signature = token.lastIndexOf('.');
        var chars = token.toCharArray();
        var where = token.indexOf('.') + 1 + Math.floorMod(at, signature - token.indexOf('.') - 1);
        var replaced = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".charAt(Math.floorMod(by, 64));
        if (chars[where] == replaced) {
            return;
        }
        chars[where] = replaced;

        assertThat(ask(new String(chars))).isNotInstanceOf(Known.class);
    }

    // --- several

    @Test
    void doubtsTwoTokens() {
        var alice = token(RSA, claims -> claims.claim("email", "alice@example.com"));
        var bob = token(RSA, claims -> claims.claim("email", "bob@example.com"));

        assertThat(ask(tokens, "Authorization", "Bearer " + alice, "x-api-key", bob))
                .isInstanceOf(Doubted.class);
        assertThat(ask(tokens, "x-api-key", alice)).isInstanceOf(Known.class);
        assertThat(ask(tokens, "Authorization", "Bearer " + alice, "x-api-key", bob))
                .isInstanceOf(Doubted.class);
    }

    @Test
    void doubtsAHeaderThatCameTwice() {
        var token = token(RSA, claims -> {});

        assertThat(ask(tokens, "Authorization", "Bearer " + token, "authorization", "Bearer sk-provider"))
                .isInstanceOf(Doubted.class);
        assertThat(ask(tokens, "Authorization", "Bearer sk-provider", "Authorization", "Bearer " + token))
                .isInstanceOf(Doubted.class);
        assertThat(ask(tokens, "x-api-key", token, "x-api-key", token)).isInstanceOf(Doubted.class);
    }

    @Test
    void oneTokenInTwoPlacesIsTheProofInBoth() {
        var token = token(RSA, claims -> {});

        assertThat(ask(tokens, "Authorization", "Bearer " + token, "x-api-key", token))
                .isInstanceOfSatisfying(
                        Known.class,
                        known -> assertThat(known.identified().headers())
                                .containsExactlyInAnyOrder("authorization", "x-api-key"));
    }

    @Test
    void theClientsOwnCredentialBesideAProofIsNoProof() {
        assertThat(ask(tokens, "Authorization", "Bearer sk-provider", "x-api-key", token(RSA, claims -> {})))
                .isInstanceOfSatisfying(
                        Known.class,
                        known -> assertThat(known.identified().headers()).containsExactly("x-api-key"));
    }

    // --- what is remembered

    @Test
    void verifiesATokenOnceAMinute() {
        var token = token(RSA, claims -> {});
        assertThat(ask(token)).isInstanceOf(Known.class);
        issuer.shows(NEXT);

        clock.pass(Duration.ofSeconds(59));
        assertThat(tokens.resolve(PEER, request("x-api-key", token))).isInstanceOf(Known.class);

        // The keys are fetched anew for another token, and this one's is gone.
        assertThat(ask(token(NEXT, claims -> {}))).isInstanceOf(Known.class);
        clock.pass(Duration.ofSeconds(1));
        assertThat(ask(token)).isInstanceOf(Doubted.class);
    }

    @Test
    void believesNoTokenPastItsEnd() {
        var token = token(
                RSA, claims -> claims.expirationTime(Date.from(clock.instant().plusSeconds(5))));
        assertThat(ask(token)).isInstanceOf(Known.class);

        clock.pass(Duration.ofSeconds(5).plus(SKEW).minusMillis(1));
        assertThat(ask(token)).isInstanceOf(Known.class);
        clock.pass(Duration.ofMillis(1));
        assertThat(ask(token)).isInstanceOf(Doubted.class);
    }

    // --- the issuer's keys

    @Test
    void followsAnIssuerThatChangesItsKeys() {
        assertThat(ask(token(RSA, claims -> {}))).isInstanceOf(Known.class);
        issuer.shows(RSA, NEXT);
        clock.pass(Duration.ofSeconds(30));

        assertThat(ask(token(NEXT, claims -> {}))).isInstanceOf(Known.class);
        assertThat(issuer.fetches()).isEqualTo(2);
    }

    @Test
    void asksAnIssuerOnceIn30SecondsWhateverKeysTokensName() {
        for (var number = 0; number < 500; number++) {
            var made = new RSAKey.Builder(NEXT).keyID("made-up-" + number).build();
            assertThat(ask(token(made, claims -> {}))).isInstanceOf(Doubted.class);
            clock.pass(Duration.ofMillis(100));
        }

        // One at the start, one each when 30 s had passed.
        assertThat(issuer.fetches()).isEqualTo(2);
        assertThat(ask(token(RSA, claims -> {}))).isInstanceOf(Known.class);
    }

    @Test
    void asksAnIssuerOnceForAllWhoWait() {
        issuer.holdOn();
        var fresh = tokens(issuer(List.of("RS256")));
        var before = issuer.asked().size();
        var answers = new ArrayList<Answer>();
        for (var number = 0; number < 100; number++) {
            var subject = "s" + number;
            answers.add(fresh.resolve(PEER, request("x-api-key", token(RSA, claims -> claims.subject(subject)))));
        }
        issuer.goOn();

        assertThat(answers).allSatisfy(answer -> assertThat(told(answer)).isInstanceOf(Known.class));
        assertThat(issuer.asked()).hasSize(before + 1);
    }

    @Test
    void keysOutliveTheirIssuersOutage() {
        assertThat(ask(token(RSA, claims -> {}))).isInstanceOf(Known.class);
        issuer.goDown();

        for (var hours = 0; hours < 48; hours++) {
            clock.pass(Duration.ofHours(1));
            assertThat(ask(token(RSA, claims -> {}))).isInstanceOf(Known.class);
        }
        issuer.comeBack();
        issuer.shows(NEXT);
        clock.pass(Duration.ofHours(1));
        // Nobody waits for an issuer that was down; the look that this one starts finds it back.
        assertThat(ask(token(RSA, claims -> {}))).isInstanceOf(Known.class);
        assertThat(ask(token(RSA, claims -> claims.subject("other")))).isInstanceOf(Doubted.class);
    }

    @Test
    void aKeyThatIsWithdrawnIsBelievedNoLongerThanKeysMayBeOld() {
        assertThat(ask(token(RSA, claims -> {}))).isInstanceOf(Known.class);
        issuer.shows(NEXT);

        clock.pass(REFRESH);

        assertThat(ask(token(RSA, claims -> {}))).isInstanceOf(Doubted.class);
    }

    @Test
    void doubtsEveryTokenOfAnIssuerThatHasNeverShownKeysAndSaysWhy() {
        issuer.goDown();
        var fresh = tokens(issuer(List.of("RS256")));

        var answer = ask(fresh, "x-api-key", token(RSA, claims -> {}));
        assertThat(answer).isEqualTo(new Doubted("a token of " + NAME + ": no keys: the issuer is down"));

        issuer.comeBack();
        clock.pass(Duration.ofSeconds(5));
        assertThat(ask(fresh, "x-api-key", token(RSA, claims -> {}))).isInstanceOf(Known.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "nonsense", "{}", "{\"keys\":[]}", "{\"keys\":7}", "{\"keys\":[{\"kty\":\"RSA\"},7,null]}"})
    void keepsItsKeysWhenAnIssuerShowsNone(String set) {
        assertThat(ask(token(RSA, claims -> {}))).isInstanceOf(Known.class);
        issuer.saysOf(set);
        clock.pass(REFRESH);

        assertThat(ask(token(RSA, claims -> {}))).isInstanceOf(Known.class);
        assertThat(issuer.fetches()).isEqualTo(2);
    }

    private static Issuer issuer(List<String> algorithms) {
        return new Issuer(
                NAME,
                List.of("sluice", "other"),
                "",
                SKEW,
                algorithms,
                REFRESH,
                new Claims(List.of("email", "sub"), "groups", "tags", "name"));
    }

    private static Issuer other(String name) {
        return new Issuer(
                name,
                List.of("sluice"),
                "",
                SKEW,
                List.of("RS256"),
                REFRESH,
                new Claims(List.of("email", "sub"), "groups", "tags", "name"));
    }

    private JwtTokens tokens(Issuer of) {
        return JwtTokens.of(List.of(of), issuer::document, clock);
    }

    private String token(JWK key, Consumer<JWTClaimsSet.Builder> change) {
        return issuer.token(key, clock.instant(), change);
    }

    /** A good token with these claims, as they stand. */
    private String raw(String claims) {
        return signed(payload(claims));
    }

    private Payload payload(String claims) {
        return new Payload("{\"iss\":\"" + NAME + "\",\"aud\":\"sluice\",\"sub\":\"subject-1\",\"exp\":"
                + (clock.instant().getEpochSecond() + 300) + "," + claims + "}");
    }

    private static String signed(Payload payload) {
        try {
            var token = new JWSObject(TestIssuer.header(RSA), payload);
            token.sign(new RSASSASigner(RSA));
            return token.serialize();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private Caller caller(String token) {
        assertThat(ask(token)).isInstanceOf(Known.class);
        return ((Known) ask(token)).identified().caller();
    }

    private Answer ask(String token) {
        return ask(tokens, "Authorization", "Bearer " + token);
    }

    private static Answer ask(JwtTokens tokens, String... headers) {
        return told(tokens.resolve(PEER, request(headers)));
    }

    private static HttpRequest request(String... headers) {
        var request = HttpRequest.create("/v1/models");
        for (var index = 0; index < headers.length; index += 2) {
            request = request.addHeader(RawHeader.create(headers[index], headers[index + 1]));
        }
        return request;
    }

    private static Answer told(Answer answer) {
        return answer instanceof Asking(var later)
                ? later.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join()
                : answer;
    }
}
