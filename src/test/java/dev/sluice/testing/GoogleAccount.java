package dev.sluice.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;

/** A service account with a key of its own, as Google would have made it. */
public final class GoogleAccount {
    public static final String EMAIL = "robot@project-7.iam.gserviceaccount.com";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final KeyPair pair;

    private GoogleAccount(KeyPair pair) {
        this.pair = pair;
    }

    public static GoogleAccount create() {
        return create(2048);
    }

    public static GoogleAccount create(int bits) {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            return new GoogleAccount(generator.generateKeyPair());
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** The key in PEM, as it stands in the file. */
    public String pem() {
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(pair.getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
    }

    /** The key file's JSON. */
    public String json(String tokenUri) {
        try {
            return JSON.writerWithDefaultPrettyPrinter()
                    .writeValueAsString(JSON.createObjectNode()
                            .put("type", "service_account")
                            .put("project_id", "project-7")
                            .put("private_key_id", "key-1")
                            .put("private_key", pem())
                            .put("client_email", EMAIL)
                            .put("token_uri", tokenUri));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    /** What stands in {@code apikey}. */
    public String apiKey(String tokenUri) {
        return apiKeyOf(json(tokenUri));
    }

    public static String apiKeyOf(String json) {
        return "keyfile::" + Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    /** What an assertion claims, with its header under {@code head}; fails unless this account's key has signed it. */
    public JsonNode claims(String assertion) throws GeneralSecurityException, IOException {
        var parts = assertion.split("\\.", -1);
        if (parts.length != 3) {
            throw new AssertionError("no JWT: " + parts.length + " parts");
        }
        var verifier = Signature.getInstance("SHA256withRSA");
        verifier.initVerify(pair.getPublic());
        verifier.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        var decoder = Base64.getUrlDecoder();
        if (!verifier.verify(decoder.decode(parts[2]))) {
            throw new AssertionError("signed by somebody else");
        }
        var claims = JSON.createObjectNode();
        claims.setAll((com.fasterxml.jackson.databind.node.ObjectNode) JSON.readTree(decoder.decode(parts[1])));
        claims.set("head", JSON.readTree(decoder.decode(parts[0])));
        return claims;
    }
}
