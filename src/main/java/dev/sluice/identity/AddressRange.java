package dev.sluice.identity;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Addresses that share a prefix. IPv4 addresses mapped into IPv6 ({@code ::ffff:10.0.0.1}) are the IPv4 addresses they
 * stand for, in ranges as in peers: which of the two a socket reports depends on how it was opened.
 */
public final class AddressRange {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final int MAPPED_PREFIX = 96;

    private final byte[] network;
    private final int prefix;

    private AddressRange(byte[] network, int prefix) {
        this.network = network;
        this.prefix = prefix;
    }

    /**
     * Reads an address or a range.
     *
     * @param text an address, or address and prefix length: {@code 127.0.0.1}, {@code 10.0.0.0/8}, {@code fd7a::/48}
     * @throws IllegalArgumentException when it is neither; names are not looked up
     */
    public static AddressRange of(String text) {
        var slash = text.indexOf('/');
        var host = (slash < 0 ? text : text.substring(0, slash)).strip();
        // The JDK also reads "10" and "10.1" as addresses, and binds zones to interfaces of this machine.
        if (host.indexOf('%') >= 0
                || (host.indexOf(':') < 0 && !IPV4.matcher(host).matches())) {
            throw unreadable(text);
        }
        byte[] address;
        try {
            address = unmapped(InetAddress.ofLiteral(host).getAddress());
        } catch (IllegalArgumentException _) {
            throw unreadable(text);
        }
        if (slash < 0) {
            return new AddressRange(address, address.length * 8);
        }
        var mapped = address.length == 4 && host.indexOf(':') >= 0;
        var prefix = length(text, text.substring(slash + 1).strip()) - (mapped ? MAPPED_PREFIX : 0);
        if (prefix < 0 || prefix > address.length * 8) {
            throw unreadable(text);
        }
        return new AddressRange(address, prefix);
    }

    private static int length(String text, String digits) {
        if (!digits.matches("\\d{1,3}")) {
            throw unreadable(text);
        }
        return Integer.parseInt(digits);
    }

    private static IllegalArgumentException unreadable(String text) {
        return new IllegalArgumentException(
                "trusted proxy: \"" + text + "\" (expected: an IP address, or a range such as 10.0.0.0/8)");
    }

    public boolean contains(InetAddress peer) {
        var address = unmapped(peer.getAddress());
        if (address.length != network.length) {
            return false;
        }
        var whole = prefix / 8;
        var rest = prefix % 8;
        return Arrays.equals(address, 0, whole, network, 0, whole)
                && (rest == 0 || (address[whole] ^ network[whole]) >> (8 - rest) == 0);
    }

    static boolean anyContains(List<AddressRange> ranges, InetAddress peer) {
        for (var range : ranges) {
            if (range.contains(peer)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a peer is this machine itself. */
    static boolean isLoopback(@Nullable InetAddress peer) {
        return peer != null && (peer.isLoopbackAddress() || isMappedLoopback(peer.getAddress()));
    }

    private static boolean isMappedLoopback(byte[] address) {
        return address.length == 16 && isMapped(address) && address[12] == 127;
    }

    private static byte[] unmapped(byte[] address) {
        return isMapped(address) ? Arrays.copyOfRange(address, 12, 16) : address;
    }

    private static boolean isMapped(byte[] address) {
        if (address.length != 16 || address[10] != -1 || address[11] != -1) {
            return false;
        }
        for (int i = 0; i < 10; i++) {
            if (address[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
