package dev.sluice.wire;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A header's value and its parameters, {@code form-data; name="model"}. Whatever parsers are known to read in different
 * ways (a parameter twice, a backslash before a quote, blanks around the equals sign) is refused.
 *
 * @param value      before the first semicolon, in lower case
 * @param parameters by name, in lower case
 */
record HeaderParameters(String value, Map<String, String> parameters) {

    static HeaderParameters of(String header) throws BadRequest {
        return new Reading(header).read();
    }

    private static final class Reading {
        private final String text;
        private int at;

        Reading(String text) {
            this.text = text;
        }

        HeaderParameters read() throws BadRequest {
            var semicolon = text.indexOf(';');
            at = semicolon < 0 ? text.length() : semicolon;
            var value = text.substring(0, at).strip().toLowerCase(Locale.ROOT);
            var parameters = new LinkedHashMap<String, String>();
            while (at < text.length()) {
                at++;
                skipBlanks();
                var name = token().toLowerCase(Locale.ROOT);
                require('=');
                var known = parameters.put(name, at < text.length() && text.charAt(at) == '"' ? quoted() : token());
                if (known != null) {
                    throw new BadRequest(name + ": twice in one header (expected: once)");
                }
                skipBlanks();
                if (at < text.length() && text.charAt(at) != ';') {
                    throw unreadable();
                }
            }
            return new HeaderParameters(value, parameters);
        }

        private void skipBlanks() {
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
                at++;
            }
        }

        private void require(char c) throws BadRequest {
            if (at == text.length() || text.charAt(at) != c) {
                throw unreadable();
            }
            at++;
        }

        private String token() throws BadRequest {
            var start = at;
            while (at < text.length() && isTokenCharacter(text.charAt(at))) {
                at++;
            }
            if (start == at) {
                throw unreadable();
            }
            return text.substring(start, at);
        }

        /** Browsers put no escapes here, mail does: a backslash before a quote would end the name for one and not for the other. */
        private String quoted() throws BadRequest {
            require('"');
            var end = text.indexOf('"', at);
            if (end < 0 || (end > at && text.charAt(end - 1) == '\\')) {
                throw unreadable();
            }
            var value = text.substring(at, end);
            at = end + 1;
            return value;
        }

        private static boolean isTokenCharacter(char c) {
            return c > ' ' && c < 0x7F && "()<>@,;:\\\"/[]?={}".indexOf(c) < 0;
        }

        private BadRequest unreadable() {
            return new BadRequest(
                    "a header's parameters: unreadable at character " + at + " (expected: ; name=\"value\")");
        }
    }
}
