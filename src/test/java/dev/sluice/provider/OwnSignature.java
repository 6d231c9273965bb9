package dev.sluice.provider;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.pekko.util.ByteString;

/**
 * Signature Version 4 worked out from its description alone, as a provider would: in comes the request as it arrived, out the
 * signature that it must have. AWS's published cases hold it to the description; it holds the gateway to it.
 */
record OwnSignature(
        String method,
        String path,
        List<Map.Entry<String, String>> query,
        Map<String, List<String>> headers,
        ByteString body) {

    /** Names in lower case, values in their order. */
    static Map<String, List<String>> headers(List<Map.Entry<String, String>> lines) {
        var headers = new TreeMap<String, List<String>>();
        lines.forEach(line -> headers.computeIfAbsent(line.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                .add(line.getValue()));
        return headers;
    }

    String canonical(List<String> signed) {
        return String.join(
                "\n",
                method,
                encoded(path, true),
                query.stream()
                        .map(pair -> encoded(pair.getKey(), false) + "=" + encoded(pair.getValue(), false))
                        .sorted()
                        .collect(Collectors.joining("&")),
                signed.stream().map(this::line).collect(Collectors.joining("\n")),
                "",
                String.join(";", signed),
                sha256(body.toArrayUnsafe()));
    }

    private String line(String name) {
        return name + ":"
                + headers.getOrDefault(name, List.of("NOT SENT")).stream()
                        .map(value -> value.strip().replaceAll("\\s+", " "))
                        .collect(Collectors.joining(","));
    }

    String signature(List<String> signed, String secret, String region, String service) {
        var time = headers.getOrDefault("x-amz-date", List.of("00000000")).getFirst();
        var scope = time.substring(0, 8) + "/" + region + "/" + service + "/aws4_request";
        var text = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n"
                + sha256(canonical(signed).getBytes(StandardCharsets.UTF_8));
        var key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
        for (var part : scope.split("/", -1)) {
            key = hmac(key, part);
        }
        return HexFormat.of().formatHex(hmac(key, text));
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** Every byte but the unreserved ones; so what is percent-encoded on the wire becomes encoded twice. */
    private static String encoded(String text, boolean path) {
        var out = new StringBuilder();
        for (var b : text.getBytes(StandardCharsets.UTF_8)) {
            var c = (char) (b & 0xff);
            var unreserved = c < 128 && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0);
            out.append(unreserved || (path && c == '/') ? String.valueOf(c) : "%%%02X".formatted((int) c));
        }
        return out.toString();
    }
}
