package dev.sluice.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.GrantRule;
import dev.sluice.config.GrantRule.Capability;
import dev.sluice.identity.Resolver.Answer;
import dev.sluice.identity.Resolver.Asking;
import dev.sluice.identity.Resolver.Doubted;
import dev.sluice.identity.Resolver.Known;
import dev.sluice.identity.Resolver.Unknown;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.FakeTailscaled;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TailnetTest {
    private static final Duration CACHE = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final HttpRequest PLAIN = HttpRequest.create("/v1/models");
    private static final InetSocketAddress ALICES = peer("100.101.102.103", 50_000);
    private static final MultiThreadIoEventLoopGroup LOOP =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @TempDir
    private Path directory;

    private final SetClock clock = new SetClock();
    private FakeTailscaled daemon;
    private Tailnet tailnet;

    @BeforeEach
    void start() {
        daemon = FakeTailscaled.start(directory.resolve("d.sock"));
        tailnet = tailnet(SOON, CACHE);
    }

    @AfterEach
    void stop() {
        daemon.close();
    }

    @AfterAll
    static void stopLoop() {
        LOOP.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    // --- what it tells

    @Test
    void knowsAPersonByTheirMachine() {
        daemon.says(FakeTailscaled.person(
                "alice@example.com",
                "{\"tailscale.com/cap/aperture\": [{\"role\": \"user\"}, {\"models\": \"**\"}], \"example.com/cap/tier\": [\"gold\"],"
                        + " \"example.com/cap/plain\": null}"));

        assertThat(told(ALICES))
                .isEqualTo(Known.of(new Caller(
                        "alice@example.com",
                        "Alice Ärger",
                        "nABC123CNTRL",
                        List.of(),
                        List.of("group:eng", "engineering@example.com"),
                        false,
                        List.of(new GrantRule(
                                List.of("*"),
                                List.of(
                                        new Capability("user", null, List.of(), List.of()),
                                        new Capability(null, List.of("**"), List.of(), List.of())),
                                Map.of(
                                        "example.com/cap/tier",
                                        List.of("gold"),
                                        "example.com/cap/plain",
                                        List.of()))))));
    }

    @Test
    void givesNobodyWhatTheirOwnMachineMayDoElsewhere() {
        daemon.says(FakeTailscaled.person("alice@example.com", "null"));

        // Node.CapMap says admin; it is about something else.
        assertThat(((Known) told(ALICES)).identified().caller().carried()).isEmpty();
    }

    @Test
    void knowsATaggedMachineByItsTagsAndNotByItsProfile() {
        daemon.says(FakeTailscaled.machine("[\"tag:prod\", \"tag:api\"]"));

        assertThat(told(ALICES))
                .isEqualTo(Known.of(new Caller(
                        "tag:api,tag:prod",
                        "ci-7",
                        "nDEF456CNTRL",
                        List.of("tag:api", "tag:prod"),
                        List.of(),
                        false,
                        List.of())));
    }

    @Test
    void asksAsTheDaemonWantsToBeAsked() {
        told(ALICES);
        told(peer("fd7a:115c:a1e0::1", 4711));

        assertThat(daemon.asked().get(0))
                .startsWith("GET /localapi/v0/whois?proto=tcp&addr=100.101.102.103:50000 HTTP/1.1\r\n")
                .containsIgnoringCase("\r\nhost: local-tailscaled.sock\r\n")
                .doesNotContainIgnoringCase("referer")
                .doesNotContainIgnoringCase("origin");
        assertThat(daemon.asked().get(1)).contains("&addr=%5Bfd7a:115c:a1e0:0:0:0:0:1%5D:4711 HTTP/1.1\r\n");
    }

    /** With userspace networking a peer's connection comes from this machine, as a proxy's does. */
    @ParameterizedTest
    @ValueSource(strings = {"Tailscale-User-Login: root@example.com", "X-Forwarded-For: 100.64.0.9"})
    void believesNoPeerWhatAProxyOnThisMachineWouldSay(String line) {
        daemon.says(FakeTailscaled.person("mallory@example.com", "null"));
        var forged = PLAIN.addHeader(
                RawHeader.create(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(' ') + 1)));

        assertThat(told(tailnet, peer("127.0.0.1", 40_001), forged)).isInstanceOf(Doubted.class);
    }

    @Test
    void doesNotKnowWhomTheDaemonDoesNotKnow() {
        assertThat(told(ALICES)).isInstanceOf(Unknown.class);
        assertThat(told(peer("127.0.0.1", 1))).isInstanceOf(Unknown.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.168.1.7", "10.0.0.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "fd7a:115c:a1e1::1"})
    void doesNotEvenAskAboutWhoeverCouldNotBeOne(String address) {
        daemon.die();

        assertThat(told(peer(address, 1))).isInstanceOf(Unknown.class);
    }

    // --- what it should not tell

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "not json",
                "{\"Node\":",
                "{\"Node\":null,\"UserProfile\":{\"LoginName\":\"alice@example.com\"}}",
                "{\"Node\":{},\"UserProfile\":null}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"\"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\" \"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"tagged-devices\"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"(loopback)\"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"tag:prod\"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"group:eng\"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"a\\nb\"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"a\",\"Groups\":\"group:eng\"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"a\",\"Groups\":[1]}}",
                "{\"Node\":{\"Tags\":\"tag:a\"},\"UserProfile\":{\"LoginName\":\"a\"}}",
                "{\"Node\":{\"Tags\":[\"prod\"]},\"UserProfile\":{\"LoginName\":\"a\"}}",
                "{\"Node\":{\"Tags\":[\"tag:a,tag:b\"]},\"UserProfile\":{\"LoginName\":\"a\"}}",
                "{\"Node\":{\"Tags\":[null]},\"UserProfile\":{\"LoginName\":\"a\"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"a\"},\"CapMap\":[]}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"a\"},\"CapMap\":{\"x/y\":7}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"a\"},\"UserProfile\":{\"LoginName\":\"b\"}}",
                "{\"Node\":{},\"UserProfile\":{\"LoginName\":\"a\"}} {}",
            })
    void doubtsAPeerThatIsDescribedAsNoneIs(String body) {
        daemon.says(FakeTailscaled.ok(body));

        assertThat(told(ALICES)).isInstanceOf(Doubted.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 302, 400, 403, 500, 503})
    void doubtsEveryOtherStatus(int status) {
        daemon.says(FakeTailscaled.http(status + " Whatever", "text/plain", status == 204 ? "" : "x"));

        assertThat(told(ALICES)).isEqualTo(new Doubted("tailscaled answered " + status));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "SSH-2.0-OpenSSH_9.6\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Node\":{}",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"Nod",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
                "HTTP/1.1 404 Not Found\r\nContent-Le",
            })
    void doubtsWhatIsNoWholeAnswer(String bytes) {
        daemon.says(bytes);

        assertThat(told(ALICES)).isInstanceOf(Doubted.class);
        assertThat(told(peer("127.0.0.1", 1))).isInstanceOf(Doubted.class);
    }

    @Test
    void readsNoMoreThanAnAnswerMayHave() {
        daemon.says(FakeTailscaled.person("alice@example.com", "{\"a.b/c\": [\"" + "x".repeat(1 << 20) + "\"]}"));

        assertThat(told(ALICES)).isInstanceOf(Doubted.class);
    }

    // --- when it is not there

    @ParameterizedTest
    @ValueSource(strings = {"100.64.0.1", "fd7a:115c:a1e0::1", "127.0.0.1", "::1"})
    void whoeverCouldBeAPeerIsDoubtedWhileTheDaemonIsDead(String address) {
        daemon.die();

        assertThat(told(peer(address, 1))).isInstanceOf(Doubted.class);

        daemon.close();
        assertThat(told(peer(address, 2))).isInstanceOf(Doubted.class);
    }

    @Test
    void waitsForASlowDaemonNoLongerThanItMay() {
        daemon.holdOn();
        var hasty = tailnet(Duration.ofMillis(50), CACHE);

        assertThat(told(hasty, ALICES, PLAIN)).isEqualTo(new Doubted("tailscaled gave no answer: no answer in 50 ms"));
    }

    @Test
    void comesBackWithTheDaemon() {
        daemon.die();
        assertThat(told(ALICES)).isInstanceOf(Doubted.class);

        daemon = FakeTailscaled.start(directory.resolve("d.sock"))
                .says(FakeTailscaled.person("alice@example.com", "null"));
        clock.pass(Duration.ofSeconds(1));

        assertThat(told(ALICES)).isInstanceOf(Known.class);
    }

    // --- what is remembered

    @Test
    void asksOnceForAllWhoWait() {
        daemon.says(FakeTailscaled.person("alice@example.com", "null")).holdOn();
        var answers = new ArrayList<Answer>();
        for (var port = 1; port <= 200; port++) {
            answers.add(tailnet.resolve(peer("100.101.102.103", port), PLAIN));
        }
        daemon.goOn();

        assertThat(answers).allSatisfy(answer -> assertThat(told(answer)).isInstanceOf(Known.class));
        assertThat(daemon.asked()).hasSize(1);
    }

    @Test
    void accessThatIsTakenAwayEndsWithTheCache() {
        daemon.says(FakeTailscaled.person("alice@example.com", "null"));
        assertThat(told(ALICES)).isInstanceOf(Known.class);
        daemon.says(FakeTailscaled.notFound());

        clock.pass(CACHE.minusMillis(1));
        assertThat(tailnet.resolve(peer("100.101.102.103", 2), PLAIN)).isInstanceOf(Known.class);
        clock.pass(Duration.ofMillis(1));
        assertThat(told(ALICES)).isInstanceOf(Unknown.class);
        assertThat(daemon.asked()).hasSize(2);
    }

    @Test
    void aClockThatIsSetBackProlongsNothing() {
        daemon.says(FakeTailscaled.person("alice@example.com", "null"));
        assertThat(told(ALICES)).isInstanceOf(Known.class);
        daemon.says(FakeTailscaled.notFound());

        clock.pass(Duration.ofHours(-1));

        assertThat(told(ALICES)).isInstanceOf(Unknown.class);
    }

    @Test
    void anAnswerIsAsOldAsItsQuestion() {
        daemon.says(FakeTailscaled.person("alice@example.com", "null")).holdOn();
        var answer = tailnet.resolve(ALICES, PLAIN);
        Eventually.await(SOON, () -> assertThat(daemon.asked()).hasSize(1));
        clock.pass(CACHE);
        daemon.goOn();
        assertThat(told(answer)).isInstanceOf(Known.class);

        told(ALICES);

        assertThat(daemon.asked()).hasSize(2);
    }

    @Test
    void whoeverIsNotKnownIsAskedAboutAgainSoon() {
        assertThat(told(ALICES)).isInstanceOf(Unknown.class);
        daemon.says(FakeTailscaled.person("alice@example.com", "null"));
        assertThat(tailnet.resolve(ALICES, PLAIN)).isInstanceOf(Unknown.class);

        clock.pass(Duration.ofSeconds(1));

        assertThat(told(ALICES)).isInstanceOf(Known.class);
    }

    @Test
    void remembersNothingWhereNothingIsToBeRemembered() {
        var forgetful = tailnet(SOON, Duration.ZERO);
        daemon.says(FakeTailscaled.person("alice@example.com", "null"));

        told(forgetful, ALICES, PLAIN);
        told(forgetful, ALICES, PLAIN);

        assertThat(daemon.asked()).hasSize(2);
    }

    @Test
    void aPortOfThisMachineThatIsUsedAgainIsSomebodyElse() {
        var program = peer("127.0.0.1", 40_000);
        assertThat(told(program)).isInstanceOf(Unknown.class);
        assertThat(tailnet.resolve(program, PLAIN)).isInstanceOf(Unknown.class);
        assertThat(daemon.asked()).hasSize(1);

        // A peer, by way of userspace networking.
        daemon.says(FakeTailscaled.person("mallory@example.com", "null"));
        var mallory = peer("127.0.0.1", 40_000);
        assertThat(told(mallory)).isInstanceOf(Known.class);
        daemon.says(FakeTailscaled.notFound());
        assertThat(told(peer("127.0.0.1", 40_000))).isInstanceOf(Unknown.class);
        assertThat(tailnet.resolve(mallory, PLAIN)).isInstanceOf(Known.class);
    }

    // --- behind Serve

    @Test
    void asksForWhichMachineATrustedProxyAsks() {
        daemon.says(FakeTailscaled.machine("[\"tag:ci\"]"));

        var answer = told(tailnet, peer("10.0.0.1", 1), forwarded("X-Forwarded-For", "100.64.0.9"));

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Known.class,
                        known -> assertThat(known.identified().caller().login()).isEqualTo("tag:ci"));
        assertThat(daemon.asked().getFirst()).contains("&addr=100.64.0.9 HTTP/1.1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "X-Forwarded-For | 100.64.0.9, 100.64.0.8",
                "X-Forwarded-For | 192.168.0.1",
                "X-Forwarded-For | 127.0.0.1",
                "X-Forwarded-For | alices-laptop",
                "X-Forwarded-For | 100.64.0.9:443",
                "X-Forwarded-For | fd7a:115c:a1e0::1%lo",
                "Tailscale-User-Login | alice@example.com",
                "Tailscale-Funnel-Request | ?1",
                "Forwarded | for=100.64.0.9",
            })
    void leavesWhateverElseAProxySaysToOthers(String name, String value) {
        daemon.says(FakeTailscaled.machine("[\"tag:ci\"]"));

        assertThat(told(tailnet, peer("10.0.0.1", 1), forwarded(name, value))).isInstanceOf(Unknown.class);
    }

    @ParameterizedTest
    @CsvSource({
        "X-Forwarded-For, alices-laptop",
        "X-Forwarded-For, 100.64.0.8",
        "Tailscale-User-Login, alice@example.com",
        "Tailscale-Funnel-Request, ?1",
    })
    void leavesAMachineToOthersThatMoreIsSaidOf(String name, String value) {
        daemon.says(FakeTailscaled.machine("[\"tag:ci\"]"));
        var machine = RawHeader.create("X-Forwarded-For", "100.64.0.9");

        assertThat(told(tailnet, peer("10.0.0.1", 1), forwarded(name, value).addHeader(machine)))
                .isInstanceOf(Unknown.class);
        assertThat(daemon.asked()).isEmpty();
    }

    @Test
    void believesNobodyElseForWhichMachineTheyAsk() {
        assertThat(told(tailnet, peer("192.168.0.1", 1), forwarded("X-Forwarded-For", "100.64.0.9")))
                .isInstanceOf(Unknown.class);
        assertThat(daemon.asked()).isEmpty();
    }

    private Tailnet tailnet(Duration patience, Duration cache) {
        var socket = UnixDomainSocketAddress.of(directory.resolve("d.sock"));
        return new Tailnet(
                new LocalApi(
                        () -> new Bootstrap()
                                .group(LOOP)
                                .channelFactory(NioDomainSocketChannel::new)
                                .remoteAddress(socket),
                        patience),
                List.of(AddressRange.of("10.0.0.0/8"), AddressRange.of("127.0.0.1")),
                cache,
                clock);
    }

    private Answer told(InetSocketAddress peer) {
        return told(tailnet, peer, PLAIN);
    }

    private static Answer told(Tailnet tailnet, InetSocketAddress peer, HttpRequest request) {
        return told(tailnet.resolve(peer, request));
    }

    private static Answer told(Answer answer) {
        return answer instanceof Asking(var later)
                ? later.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join()
                : answer;
    }

    private static HttpRequest forwarded(String name, String value) {
        return PLAIN.addHeader(RawHeader.create(name, value));
    }

    private static InetSocketAddress peer(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }
}
