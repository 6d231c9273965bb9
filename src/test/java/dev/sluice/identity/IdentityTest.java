package dev.sluice.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.config.GrantRule;
import dev.sluice.config.GrantRule.Capability;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.ByteRange;
import net.jqwik.api.constraints.Size;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.XForwardedProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTest {
    private static final Caller LOCAL = new Caller("(loopback)", "", "", List.of(), List.of(), true, List.of());
    private static final Identity TRUSTING = chain(List.of("127.0.0.1", "::1", "10.0.0.0/8", "fd7a::/48"));
    private static final Identity WARY = chain(List.of());

    private static Identity chain(List<String> trusted) {
        return new IdentityChain(
                List.of(new ServeHeaders(trusted.stream().map(AddressRange::of).toList()), new Loopback()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"})
    void knowsLocalPeers(String peer) {
        assertThat(identify(WARY, peer)).contains(LOCAL);
        assertThat(identify(TRUSTING, peer)).contains(LOCAL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.168.0.1", "8.8.8.8", "2001:db8::1", "0.0.0.0", "::", "::ffff:8.8.8.8", "126.0.0.1"})
    void doesNotKnowOtherPeers(String peer) {
        assertThat(identify(WARY, peer)).isEmpty();
        assertThat(identify(TRUSTING, peer)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:8080, true",
        "127.0.0.1:8080, true",
        "[::1]:8080, true",
        "ai, true",
        "gate.localhost, true",
        "evil.example:8080, false",
        "127.0.0.1.evil.example, false",
        "localhost.evil.example, false",
    })
    void takesForLocalOnlyWhatIsAskedOfThisMachineByAName(String host, boolean known) {
        var peer = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

        var caller = WARY.identify(peer, HttpRequest.create("http://" + host + "/v1/models"))
                .toCompletableFuture()
                .join();

        assertThat(caller.isPresent()).isEqualTo(known);
    }

    @Test
    void takesNoPageOfAnotherSiteForLocal() {
        assertThat(identify(WARY, "127.0.0.1", "Sec-Fetch-Mode", "no-cors")).isEmpty();
    }

    @Test
    void doesNotKnowAPeerWithoutAnAddress() {
        var unresolved = InetSocketAddress.createUnresolved("localhost", 1);

        assertThat(WARY.identify(unresolved, HttpRequest.create()).toCompletableFuture())
                .isCompletedWithValue(Optional.empty());
    }

    @Test
    void knowsALocalPeerWhoseAddressIsMapped() throws UnknownHostException {
        var bytes = new byte[16];
        bytes[10] = bytes[11] = -1;
        bytes[12] = 127;
        bytes[15] = 1;
        var mapped = Inet6Address.getByAddress(null, bytes, -1);

        assertThat(WARY.identify(new InetSocketAddress(mapped, 1), HttpRequest.create())
                        .toCompletableFuture())
                .isCompletedWithValue(Optional.of(Identified.of(LOCAL)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "10.255.0.1", "fd7a::5", "::ffff:10.1.2.3"})
    void believesTheHeadersOfTrustedProxies(String peer) {
        var caller = identify(
                TRUSTING,
                peer,
                "Tailscale-User-Login",
                "alice@example.com",
                "Tailscale-User-Name",
                "=?utf-8?q?Al=C3=AEce_A.?=",
                "X-Forwarded-For",
                "100.64.0.1");

        assertThat(caller)
                .contains(new Caller("alice@example.com", "Alîce A.", "", List.of(), List.of(), false, List.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "alice@example.com                                  | alice@example.com",
                "=?utf-8?q?j=C3=B6rg@example.com?=                  | jörg@example.com",
                "=?UTF-8?Q?j=c3=b6rg@example.com?=                  | jörg@example.com",
                "=?utf-8?b?asO2cmdAZXhhbXBsZS5jb20=?=               | jörg@example.com",
                "=?utf-8?q?j=C3=B6rg?= =?utf-8?q?@example.com?=     | jörg@example.com",
                "a=?utf-8?q?b?=                                     | a=?utf-8?q?b?=",
            })
    void decodesLogins(String header, String login) {
        assertThat(identify(TRUSTING, "10.0.0.1", "Tailscale-User-Login", header))
                .map(Caller::login)
                .contains(login);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "=?utf-8?q?j=C3?=",
                "=?utf-8?q?j=C?=",
                "=?utf-8?q?j=ZZ?=",
                "=?utf-8?q?j",
                "=?utf-8?x?j?=",
                "=?iso-8859-1?q?j=F6rg?=",
                "=?utf-8?b?a?=",
                "=?utf-8?q?a?= b",
                "=?utf-8?q?a=0Ab?=",
                "=?utf-8?q??=",
                "=?utf-8?q?=5Fa?==?utf-8?q?b?=",
                "j\u00f6rg@example.com",
                "(loopback)",
                "*",
                "tag:prod",
                "group:eng",
                "tagged-devices",
                "=?utf-8?q?=28loopback)?="
            })
    void doubtsLoginsThatCannotBeReadOrAreNoPersons(String header) {
        assertThat(identify(TRUSTING, "127.0.0.1", "Tailscale-User-Login", header))
                .isEmpty();
    }

    @Test
    void bringsTheGrantsThatCameWithTheCaller() {
        var caller = identify(
                TRUSTING,
                "10.0.0.1",
                "Tailscale-User-Login",
                "alice@example.com",
                "Tailscale-App-Capabilities",
                "{\"tailscale.com/cap/aperture\":[{\"role\":\"user\"},{\"models\":\"**\",\"quotas\":[{\"bucket\":\"q\"}]}],"
                        + "\"example.com/cap/tier\":[\"gold\"]}");

        assertThat(caller.orElseThrow().carried())
                .containsExactly(new GrantRule(
                        List.of("*"),
                        List.of(
                                new Capability("user", null, List.of(), List.of()),
                                new Capability(null, List.of("**"), List.of("q"), List.of())),
                        Map.of("example.com/cap/tier", List.of("gold"))));
    }

    @Test
    void decodesCapabilities() {
        var caller = identify(
                TRUSTING,
                "10.0.0.1",
                "Tailscale-User-Login",
                "alice@example.com",
                "Tailscale-App-Capabilities",
                "=?utf-8?q?{\"example.com/cap/t=C3=A4g\":[=22g=C3=BCld=22]}?=");

        assertThat(caller.orElseThrow().carried())
                .extracting(GrantRule::custom)
                .containsExactly(Map.of("example.com/cap/täg", List.of("güld")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"tailscale.com/cap/aperture\":{}}", "=?utf-8?q?=FF?="})
    void doubtsACallerWhoseCapabilitiesCannotBeRead(String header) {
        assertThat(identify(
                        TRUSTING,
                        "127.0.0.1",
                        "Tailscale-User-Login",
                        "alice@example.com",
                        "Tailscale-App-Capabilities",
                        header))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Tailscale-User-Login, alice@example.com",
        "tailscale-user-login, bob@example.com",
        "Tailscale-User-Name, Bob",
        "Tailscale-App-Capabilities, {}",
    })
    void doubtsIdentityHeadersThatComeTwice(String name, String value) {
        assertThat(identify(
                        TRUSTING,
                        "127.0.0.1",
                        "Tailscale-User-Login",
                        "alice@example.com",
                        "Tailscale-User-Name",
                        "Alice",
                        "Tailscale-App-Capabilities",
                        "{}",
                        name,
                        value))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Tailscale-Funnel-Request, ?1",
        "Tailscale-Headers-Info, https://tailscale.com/s/serve-headers",
        "Tailscale-App-Capabilities, {}",
        "Tailscale-User-Name, Alice",
        "X-Forwarded-For, 100.64.0.1",
        "x-forwarded-for, not an address",
        "X-Forwarded-Host, ai.example.ts.net",
        "X-Forwarded-Proto, https",
        "Forwarded, for=1.2.3.4",
        "X-Real-Ip, 1.2.3.4",
    })
    void takesNoForwardedRequestOfATrustedProxyForALocalOne(String name, String value) {
        assertThat(identify(TRUSTING, "127.0.0.1", name, value)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Tailscale-Funnel-Request, ?1",
        "Tailscale-Headers-Info, https://tailscale.com/s/serve-headers",
        "X-Forwarded-For, 100.64.0.1",
        "Forwarded, for=1.2.3.4",
    })
    void takesNoForwardedRequestForALocalOneEvenIfTheProxyIsNotConfigured(String name, String value) {
        assertThat(identify(WARY, "127.0.0.1", name, value)).isEmpty();
    }

    @Test
    void findsForwardingInParsedHeadersToo() {
        var request = HttpRequest.create().addHeader(XForwardedProto.create("https"));

        assertThat(WARY.identify(peer("127.0.0.1"), request).toCompletableFuture())
                .isCompletedWithValue(Optional.empty());
    }

    @Test
    void ignoresWhatALocalProgramClaimsToBe() {
        assertThat(identify(
                        WARY,
                        "127.0.0.1",
                        "Tailscale-User-Login",
                        "admin@example.com",
                        "Tailscale-User-Login",
                        "root@example.com",
                        "Tailscale-App-Capabilities",
                        "{\"tailscale.com/cap/aperture\":[{\"role\":\"admin\"}]}"))
                .contains(LOCAL);
    }

    @Property(tries = 200)
    void neverLetsForgedHeadersMakeACallerOfAnUntrustedPeer(
            @ForAll @Size(4) byte[] address, @ForAll String login, @ForAll @ByteRange(min = 0, max = 5) byte which)
            throws UnknownHostException {
        // 11.x to 126.x: neither local nor trusted.
        address[0] = (byte) (11 + Math.floorMod(address[0], 116));
        var names = List.of(
                "Tailscale-User-Login",
                "tailscale-user-login",
                "X-Forwarded-For",
                "Forwarded",
                "Tailscale-App-Capabilities",
                "X-Real-Ip");
        var request = HttpRequest.create()
                .addHeader(RawHeader.create("Tailscale-User-Login", "alice@example.com"))
                .addHeader(RawHeader.create(names.get(which), login));

        var caller = TRUSTING.identify(new InetSocketAddress(InetAddress.getByAddress(address), 1), request);

        assertThat(caller.toCompletableFuture()).isCompletedWithValue(Optional.empty());
    }

    @Property(tries = 200)
    void neverThrowsForWhatATrustedProxySends(@ForAll String login, @ForAll String name, @ForAll String capabilities) {
        var request = HttpRequest.create()
                .addHeader(RawHeader.create("Tailscale-User-Login", "=?utf-8?q?" + login))
                .addHeader(RawHeader.create("Tailscale-User-Name", name))
                .addHeader(RawHeader.create("Tailscale-App-Capabilities", capabilities));

        assertThat(TRUSTING.identify(peer("10.0.0.1"), request).toCompletableFuture())
                .isCompleted();
    }

    @Test
    void namesTheHeadersThatAreNeverSentOn() {
        assertThat(WARY.headers())
                .contains(
                        "tailscale-user-login",
                        "tailscale-user-name",
                        "tailscale-user-profile-pic",
                        "tailscale-headers-info",
                        "tailscale-funnel-request",
                        "tailscale-app-capabilities",
                        "x-forwarded-for",
                        "x-forwarded-host",
                        "x-forwarded-proto")
                .allSatisfy(it -> assertThat(it).isLowerCase());
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.255.255, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.1.2.3/8, 10.9.9.9, true",
        "192.168.4.0/22, 192.168.7.255, true",
        "192.168.4.0/22, 192.168.8.0, false",
        "0.0.0.0/0, 1.2.3.4, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "1.2.3.4, 1.2.3.4, true",
        "1.2.3.4/32, 1.2.3.5, false",
        "fd7a:115c:a1e0::/48, fd7a:115c:a1e0::1, true",
        "fd7a:115c:a1e0::/48, fd7a:115c:a1e1::1, false",
        "::ffff:10.0.0.0/104, 10.1.1.1, true",
        "::ffff:10.0.0.0/104, 11.1.1.1, false",
        "::ffff:1.2.3.4, 1.2.3.4, true",
    })
    void containsWhatSharesItsPrefix(String range, String address, boolean expected) {
        assertThat(AddressRange.of(range).contains(InetAddress.ofLiteral(address)))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "10",
                "10.0",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/",
                "10.0.0.0/x",
                "::/129",
                "fe80::1%lo",
                "::ffff:10.0.0.0/8",
                "999.1.1.1",
                "10.0.0.0/8/8"
            })
    void refusesProxiesThatAreNoAddresses(String range) {
        assertThatThrownBy(() -> chain(List.of(range)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("trusted proxy: \"" + range + "\"");
    }

    private static Optional<Caller> identify(Identity identity, String peer, String... headers) {
        var request = HttpRequest.create();
        for (int i = 0; i < headers.length; i += 2) {
            request = request.addHeader(RawHeader.create(headers[i], headers[i + 1]));
        }
        var answer = identity.identify(peer(peer), request).toCompletableFuture();
        assertThat(answer).isCompleted();
        return answer.join().map(Identified::caller);
    }

    private static InetSocketAddress peer(String address) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), 50_000);
    }
}
