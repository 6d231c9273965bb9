package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.Test;

class PassingTest {
    /** Providers let every page read; whoever reaches this gateway from a browser is somebody, and their grants say what pages may. */
    @Test
    void noProviderSaysWhichPagesMayReadAnAnswer() {
        var answer = HttpResponse.create()
                .addHeader(RawHeader.create("Access-Control-Allow-Origin", "*"))
                .addHeader(RawHeader.create("access-control-allow-credentials", "true"))
                .addHeader(RawHeader.create("Access-Control-Expose-Headers", "x-request-id"))
                .addHeader(RawHeader.create("x-request-id", "req_1"));

        assertThat(new Passing(Set.of()).downstream(answer))
                .extracting(HttpHeader::lowercaseName)
                .containsExactly("x-request-id");
    }

    @Test
    void keepsBackWhatAProviderSaysOfItsOwnHost() {
        var answer = HttpResponse.create()
                .addHeader(RawHeader.create("Alt-Svc", "h3=\":443\"; ma=86400"))
                .addHeader(RawHeader.create("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
                .addHeader(RawHeader.create("Set-Cookie", "__cf_bm=1; path=/; domain=.example.com"))
                .addHeader(RawHeader.create("Clear-Site-Data", "\"cookies\""))
                .addHeader(RawHeader.create("x-request-id", "req_1"));

        assertThat(new Passing(Set.of()).downstream(answer))
                .extracting(HttpHeader::lowercaseName)
                .containsExactly("x-request-id");
    }
}
