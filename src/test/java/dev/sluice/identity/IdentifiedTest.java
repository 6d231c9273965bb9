package dev.sluice.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentifiedTest {
    private static final Caller ALICE = new Caller("alice", "", "", List.of(), List.of(), false, List.of());

    @Test
    void leavesARequestAloneWhereNothingOfItWasTheProof() {
        var request = HttpRequest.create("/v1?key=a").addHeader(RawHeader.create("Authorization", "Bearer a"));

        assertThat(Identified.of(ALICE).withoutProof(request)).isSameAs(request);
    }

    @Test
    void takesAwayTheProofAndNothingElse() {
        var request = HttpRequest.create("/v1?key=a")
                .addHeader(RawHeader.create("AUTHORIZATION", "Bearer provider"))
                .addHeader(RawHeader.create("X-Api-Key", "proof"))
                .addHeader(RawHeader.create("x-api-key", "proof"))
                .addHeader(RawHeader.create("X-Api-Key-Id", "7"));

        var rest = Identified.by(Set.of("X-API-Key"), ALICE).withoutProof(request);

        assertThat(rest.getHeaders())
                .extracting(HttpHeader::name)
                .containsExactlyInAnyOrder("AUTHORIZATION", "X-Api-Key-Id");
        assertThat(rest.getUri().rawQueryString()).contains("key=a");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/models?key=proof, /v1/models",
        "/v1/models?key=proof&alt=sse, /v1/models?alt=sse",
        "/v1/models?alt=sse&key=proof, /v1/models?alt=sse",
        "/v1/models?alt=a%2Bb&key=proof&x=%C3%BC&key=again, /v1/models?alt=a%2Bb&x=%C3%BC",
        "/v1/models?%6bey=proof&k=1, /v1/models?k=1",
        "/v1/models?key, /v1/models",
        "/v1/models?keys=1&monkey=2, /v1/models?keys=1&monkey=2",
        "/v1/models, /v1/models",
        "/v1/m%2Fn?key=proof, /v1/m%2Fn",
    })
    void takesAwayAParameterAndLeavesTheOthersAsTheyCame(String sent, String rest) {
        var request = HttpRequest.create(sent).addHeader(RawRequestURI.create(sent));

        var cut = new Identified(ALICE, Set.of(), Set.of("key")).withoutProof(request);

        assertThat(cut.getUri().toString()).isEqualTo(rest);
        assertThat(cut.getHeader(RawRequestURI.class).orElseThrow().uri()).isEqualTo(rest);
    }
}
