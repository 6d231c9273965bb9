package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.CredentialRule.ServiceAccount;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.config.ProviderRule.Authorization;
import dev.sluice.config.Secret;
import dev.sluice.testing.GoogleAccount;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetTest {
    private static final String VERTEX = "https://aiplatform.googleapis.com";

    @ParameterizedTest
    @CsvSource({
        "https://h, https://h:443, h, /v1/x",
        "https://h:443/, https://h:443, h, /v1/x",
        "http://h:80, http://h:80, h, /v1/x",
        "http://my_host:8000/v1, http://my_host:8000, my_host:8000, /v1/x",
        "https://h:8443/api/, https://h:8443, h:8443, /api/v1/x",
        "http://[::1]:8000, http://[::1]:8000, [::1]:8000, /v1/x",
        "http://[::1], http://[::1]:80, [::1], /v1/x",
    })
    void takesABaseUrlApart(String url, String host, String hostHeader, String path) {
        var place = target(url).place("/v1/x", "");

        assertThat(place.host()).hasToString(host);
        assertThat(place.hostHeader().value()).isEqualTo(hostHeader);
        assertThat(place.uri()).hasToString(path);
    }

    @ParameterizedTest
    @CsvSource({
        "global, aiplatform.googleapis.com",
        "us-east5, us-east5-aiplatform.googleapis.com",
        "northamerica-northeast1, northamerica-northeast1-aiplatform.googleapis.com",
        "eu, aiplatform.eu.rep.googleapis.com",
        "us, aiplatform.us.rep.googleapis.com",
        "EVIL, aiplatform.googleapis.com",
        "evil.com, aiplatform.googleapis.com",
        "evil.com%23, aiplatform.googleapis.com",
        "-a, aiplatform.googleapis.com",
        "a-, aiplatform.googleapis.com",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, aiplatform.googleapis.com",
    })
    void asksTheHostOfALocation(String location, String host) {
        var place = target(VERTEX)
                .place("/v1/projects/p/locations/" + location + "/publishers/google/models/g:generateContent", "");

        assertThat(place.host().name()).isEqualTo(host);
        assertThat(place.hostHeader().value()).isEqualTo(host);
    }

    @Property(tries = 500)
    void neverLeavesGoogleWhateverTheLocation(@ForAll String location) {
        var host = Vertex.origin(Origin.of(VERTEX), "/v1/projects/p/locations/" + location + "/publishers/x")
                .host()
                .name();

        assertThat(host).matches("([a-z0-9-]{1,40}-)?aiplatform\\.((us|eu)\\.rep\\.)?googleapis\\.com");
    }

    @Test
    void staysWithAnyOtherHost() {
        var place = target("https://vertex.proxy.internal").place("/v1/projects/p/locations/us-east5/x", "");

        assertThat(place.host().name()).isEqualTo("vertex.proxy.internal");
    }

    @Test
    void putsTheKeyFilesProjectAndTheProvidersRegionInPlaceOfThePlaceholders() {
        var account = new ServiceAccount(
                GoogleAccount.EMAIL,
                "key-1",
                Secret.of(GoogleAccount.create().pem()),
                "https://oauth2.googleapis.com/token",
                "project-7",
                "europe-west4");
        var target = Target.of(Rules.provider(VERTEX, account), FixedCredential.NONE);

        var place = target.place(
                "/v1/projects/_aperture_auto_vertex_project_id_/locations/_aperture_auto_vertex_region_"
                        + "/publishers/anthropic/models/c:rawPredict",
                "");

        assertThat(place.uri())
                .hasToString("/v1/projects/project-7/locations/europe-west4/publishers/anthropic/models/c:rawPredict");
        assertThat(place.host().name()).isEqualTo("europe-west4-aiplatform.googleapis.com");
    }

    @Test
    void leavesOutALineThatNamesTheCredentialsHeader() {
        var rule = Rules.provider(
                "https://h",
                Rules.keys("k"),
                AuthMode.OVERRIDE,
                List.of(Map.entry("AUTHORIZATION", "Basic x"), Map.entry("X-Team", "a")));

        var target = Target.of(rule, FixedCredential.of(Secret.of("k"), Authorization.BEARER));

        assertThat(target.headers())
                .singleElement()
                .satisfies(it -> assertThat(it.name()).isEqualTo("X-Team"));
        assertThat(target.names()).containsExactlyInAnyOrder("host", "authorization", "x-team");
    }

    private static Target target(String url) {
        return Target.of(Rules.provider(url, Rules.keys()), FixedCredential.NONE);
    }
}
