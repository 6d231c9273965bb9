package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AddressesTest {
    private final Queue<Runnable> blocking = new ArrayDeque<>();
    private final List<String> asked = new ArrayList<>();
    private List<String> answer = List.of();

    private final Addresses addresses = new Addresses("host", 443, this::lookUp, blocking::add);

    private InetAddress[] lookUp(String name) throws UnknownHostException {
        asked.add(name);
        if (answer.isEmpty()) {
            throw new UnknownHostException(name);
        }
        return answer.stream().map(InetAddress::ofLiteral).toArray(InetAddress[]::new);
    }

    private static InetSocketAddress at(String address) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), 443);
    }

    @Test
    void anAddressIsNotLookedUp() {
        for (var literal : List.of("10.0.0.1", "::1", "[::1]")) {
            var found = new Addresses(literal, 443, this::lookUp, blocking::add).find();
            assertThat(found.join()).containsExactly(at(literal.replaceAll("[\\[\\]]", "")));
        }
        assertThat(asked).isEmpty();
        assertThat(blocking).isEmpty();
    }

    @Test
    void whoeverAsksMeanwhileGetsTheSameAnswer() {
        answer = List.of("10.0.0.1", "::1");
        var first = addresses.find();
        var second = addresses.find();
        assertThat(blocking).hasSize(1);
        blocking.remove().run();
        assertThat(first.join()).containsExactly(at("10.0.0.1"), at("::1"));
        assertThat(second.join()).isEqualTo(first.join());
        assertThat(asked).hasSize(1);
    }

    @Test
    void aFailureIsNotKept() {
        var failed = addresses.find();
        blocking.remove().run();
        assertThat(failed).isCompletedExceptionally();
        answer = List.of("10.0.0.1");
        var found = addresses.find();
        blocking.remove().run();
        assertThat(found.join()).containsExactly(at("10.0.0.1"));
    }

    @Test
    void theAddressThatWorkedComesFirstAndThereAreFew() {
        answer = IntStream.rangeClosed(1, 9).mapToObj(last -> "10.0.0." + last).toList();
        addresses.worked(at("10.0.0.8"));
        var found = addresses.find();
        blocking.remove().run();
        assertThat(found.join()).containsExactly(at("10.0.0.8"), at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.3"));
    }

    @Test
    void anAddressThatWorkedButIsNoneAnyMoreIsForgotten() {
        answer = List.of("10.0.0.1");
        addresses.worked(at("10.0.0.8"));
        var found = addresses.find();
        blocking.remove().run();
        assertThat(found.join()).containsExactly(at("10.0.0.1"));
    }
}
