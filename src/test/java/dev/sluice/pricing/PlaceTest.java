package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlaceTest {
    @ParameterizedTest
    @CsvSource({
        "https://api.openai.com/, api.openai.com",
        "http://Host:8000/v1, host",
        "http://user:secret@host.example:8000/v1?x=1, host.example",
        "host.example/v1, host.example",
        "'', ''"
    })
    void readsTheHost(String baseUrl, String host) {
        assertThat(Place.of(baseUrl).host()).isEqualTo(host);
    }

    @ParameterizedTest
    @CsvSource({
        "https://aiplatform.googleapis.com, ",
        "https://europe-west1-aiplatform.googleapis.com/v1, europe-west1",
        "https://aiplatform.eu.rep.googleapis.com, eu",
        "https://mirror.internal/v1/projects/p/locations/us-east5/publishers, us-east5",
        "https://mirror.internal, "
    })
    void readsTheVertexLocation(String baseUrl, String location) {
        assertThat(Place.of(baseUrl).vertexLocation().orElse(null)).isEqualTo(location);
    }

    @ParameterizedTest
    @CsvSource({
        "https://aiplatform.googleapis.com, , false",
        "https://aiplatform.googleapis.com, global, false",
        "https://aiplatform.googleapis.com, us-east5, true",
        "https://aiplatform.googleapis.com, eu, true",
        "https://aiplatform.googleapis.com, _aperture_auto_vertex_region_, false",
        "https://aiplatform.googleapis.com, ../global, false",
        "https://mirror.internal, us-east5, true",
        "https://europe-west1-aiplatform.googleapis.com, global, true",
        "https://mirror.internal/v1/projects/p/locations/global/publishers, us-east5, false"
    })
    void takesTheLocationOfTheRequestWhereTheUrlTellsNone(String baseUrl, String asked, boolean regional) {
        assertThat(Place.of(baseUrl).isRegional(asked)).isEqualTo(regional);
    }

    @ParameterizedTest
    @CsvSource({
        "https://bedrock-runtime.eu-west-1.amazonaws.com, eu-west-1",
        "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com, us-gov-west-1",
        "https://bedrock-mantle.ap-southeast-2.api.aws/anthropic, ap-southeast-2",
        "https://vpce-1-ab.bedrock-runtime.us-east-1.vpce.amazonaws.com, us-east-1",
        "https://mirror.internal, "
    })
    void readsTheAwsRegion(String baseUrl, String region) {
        assertThat(Place.of(baseUrl).awsRegion().orElse(null)).isEqualTo(region);
    }

    @ParameterizedTest
    @CsvSource({
        "https://eu.api.openai.com/v1, eu",
        "https://us.api.openai.com, us",
        "https://api.openai.com, ",
        "https://eu.api.openai.com.evil.example, "
    })
    void readsTheDataResidency(String baseUrl, String region) {
        assertThat(Place.of(baseUrl).openAiResidency().orElse(null)).isEqualTo(region);
    }
}
