package dev.sluice.config;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/** What the gateway itself has to show to a provider. */
public sealed interface CredentialRule {

    /** Whether there is nothing to show. */
    default boolean isEmpty() {
        return false;
    }

    /**
     * API keys; a request carries one of them.
     *
     * @param keys          may be empty: a provider on one's own machine may want none
     * @param authorization how a key is sent
     */
    record Keys(List<Secret> keys, ProviderRule.Authorization authorization) implements CredentialRule {
        public Keys {
            keys = List.copyOf(keys);
        }

        /** One key, or none when it is empty. */
        public static Keys of(Secret key, ProviderRule.Authorization authorization) {
            return new Keys(key.isEmpty() ? List.of() : List.of(key), authorization);
        }

        @Override
        public boolean isEmpty() {
            return keys.isEmpty();
        }
    }

    /**
     * A Google service account: its key signs for access tokens, which the requests carry.
     *
     * @param email      the account's name
     * @param keyId      which of the account's keys this is
     * @param privateKey RSA, PKCS #8 in PEM
     * @param tokenUri   where tokens are had; https, or http on this machine
     * @param project    takes the place of the project's placeholder in paths
     * @param region     takes the place of the region's placeholder in paths
     */
    record ServiceAccount(String email, String keyId, Secret privateKey, String tokenUri, String project, String region)
            implements CredentialRule {
        private static final Pattern PROJECT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9:.-]{0,99}");
        private static final Pattern ARMOUR = Pattern.compile("-----[A-Z ]+-----|\\s");

        /** Below, RS256 is no longer thought safe; Google's keys have as many. */
        private static final int MIN_KEY_BITS = 2048;

        public ServiceAccount {
            if (email.isBlank()) {
                throw new IllegalArgumentException("client_email is missing");
            }
            if (!PROJECT.matcher(project).matches()) {
                throw new IllegalArgumentException("project_id is missing or none");
            }
            if (!BaseUrl.isPrivateWay(tokenUri)) {
                throw new IllegalArgumentException("token_uri is no https URL");
            }
            if (!Region.isValid(region)) {
                throw new IllegalArgumentException("region: \"" + region + "\" (expected: a location's id)");
            }
            rsaKey(privateKey);
        }

        public PrivateKey rsaKey() {
            return rsaKey(privateKey);
        }

        private static PrivateKey rsaKey(Secret pem) {
            try {
                var der =
                        Base64.getDecoder().decode(ARMOUR.matcher(pem.reveal()).replaceAll(""));
                var key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
                if (key instanceof RSAPrivateKey rsa && rsa.getModulus().bitLength() >= MIN_KEY_BITS) {
                    return key;
                }
            } catch (GeneralSecurityException | IllegalArgumentException _) {
                // Neither is a cause of what follows: who knows what of the key it quotes.
            }
            throw new IllegalArgumentException(
                    "private_key is no RSA key of at least " + MIN_KEY_BITS + " bits in PEM (PKCS #8)");
        }
    }

    /**
     * A signature by AWS Signature Version 4.
     *
     * @param service as signed, for example {@code bedrock}
     * @param profile of the shared configuration files, whose credentials are used; empty for whatever AWS's default chain
     *     finds on this machine
     */
    record AwsSignature(String region, String service, String profile) implements CredentialRule {
        public AwsSignature {
            if (!Region.isValid(region)) {
                throw new IllegalArgumentException("region: \"" + region + "\" (expected: a region's id)");
            }
        }
    }
}
