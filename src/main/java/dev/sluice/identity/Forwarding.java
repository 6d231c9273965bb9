package dev.sluice.identity;

import java.net.InetAddress;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy says of whom it asks for.
 *
 * @param forwarded whether it says anything
 * @param machine   the address of the machine that it asks for, where it names one and no person; null for anything else
 */
record Forwarding(boolean forwarded, @Nullable InetAddress machine) {
    private static final Pattern LITERAL = Pattern.compile("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    static Forwarding of(HttpRequest request) {
        var forwarded = false;
        var noMachine = false;
        InetAddress machine = null;
        for (var header : request.getHeaders()) {
            var name = header.lowercaseName();
            forwarded |= IdentityHeaders.tellsProxy(name);
            // Funnel is the public internet, whatever address is named.
            noMachine |= name.equals(IdentityHeaders.LOGIN) || name.equals(IdentityHeaders.FUNNEL);
            if (name.equals("x-forwarded-for")) {
                // Of two, or of a list, one is somebody else's.
                noMachine |= machine != null;
                machine = literal(header.value().strip());
                noMachine |= machine == null;
            }
        }
        return new Forwarding(forwarded, noMachine ? null : machine);
    }

    private static @Nullable InetAddress literal(String text) {
        try {
            return LITERAL.matcher(text).matches() ? InetAddress.ofLiteral(text) : null;
        } catch (IllegalArgumentException _) {
            return null;
        }
    }
}
