package dev.sluice.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A public key that an issuer signs with.
 *
 * @param id        null when it has none
 * @param algorithm the only one it is for; null when nobody says
 */
record IssuerKey(@Nullable String id, @Nullable String algorithm, JWSVerifier verifier) {
    /** Issuers have a handful. */
    private static final int MOST_KEYS = 100;

    private static final int LEAST_RSA_BITS = 2048;

    /** Those of a set that can be used for signatures. What else is in it is for others, or of another time. */
    static List<IssuerKey> read(JsonNode set) {
        var keys = new ArrayList<IssuerKey>();
        for (var each : set.path("keys")) {
            var key = key(each);
            if (key != null && keys.size() < MOST_KEYS) {
                keys.add(key);
            }
        }
        return List.copyOf(keys);
    }

    private static @Nullable IssuerKey key(JsonNode node) {
        try {
            var key = JWK.parse(node.toString());
            if (key.getKeyUse() != null && !key.getKeyUse().equals(KeyUse.SIGNATURE)) {
                return null;
            }
            var verifier = verifier(key);
            var algorithm = key.getAlgorithm();
            return verifier == null
                    ? null
                    : new IssuerKey(key.getKeyID(), algorithm == null ? null : algorithm.getName(), verifier);
        } catch (ParseException | JOSEException | RuntimeException _) {
            return null;
        }
    }

    /** Never one that signs with what it verifies with. */
    private static @Nullable JWSVerifier verifier(JWK key) throws JOSEException {
        return switch (key) {
            case RSAKey rsa when rsa.size() >= LEAST_RSA_BITS -> new RSASSAVerifier(rsa.toRSAPublicKey());
            case ECKey curve -> new ECDSAVerifier(curve.toECPublicKey());
            default -> null;
        };
    }

    /** Whether a token with this header may be signed with it. */
    boolean fits(JWSHeader header) {
        JWSAlgorithm wanted = header.getAlgorithm();
        return verifier.supportedJWSAlgorithms().contains(wanted)
                && (algorithm == null || algorithm.equals(wanted.getName()))
                && (header.getKeyID() == null || Objects.equals(header.getKeyID(), id));
    }
}
