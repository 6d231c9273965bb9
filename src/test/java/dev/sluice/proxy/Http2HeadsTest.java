package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cluster.NodeSystem;
import dev.sluice.proxy.Http2Heads.Bad;
import dev.sluice.proxy.Http2Heads.Good;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Http2HeadsTest {
    private static final Http2Heads HEADS = new Http2Heads(
            ServerSettings.create(NodeSystem.config(null, Map.of())).getParserSettings(),
            () -> Instant.parse("2026-11-24T12:00:00Z"));

    private static Http2Headers get(String path) {
        return new DefaultHttp2Headers().method("GET").scheme("https").path(path);
    }

    @Test
    void aRequestSaysWhatItsClientWrote() {
        var head = get("/model/a%3Ab/invoke?x=%20y").authority("host:1/other?path");
        head.add("x-name", new AsciiString("é".getBytes(StandardCharsets.UTF_8)));
        // When
        var read = HEADS.read(head);
        // Then
        assertThat(read).isInstanceOfSatisfying(Good.class, good -> {
            var request = good.request();
            assertThat(request.getHeader(RawRequestURI.class).orElseThrow().uri())
                    .isEqualTo("/model/a%3Ab/invoke?x=%20y");
            assertThat(request.getUri().path()).isEqualTo("/model/a:b/invoke");
            assertThat(request.getUri().rawQueryString()).contains("x=%20y");
            assertThat(request.getHeader("host").map(HttpHeader::value)).contains("host:1/other?path");
            assertThat(request.getHeader("x-name").map(HttpHeader::value)).contains("é");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "http://other/", "healthz", "/a#b", "/a b", "/%zz", "//["})
    void whatIsNoPathIsRefusedOrStaysOne(String path) {
        switch (HEADS.read(get(path))) {
            case Bad(var answer) -> assertThat(answer.status().intValue()).isEqualTo(400);
            case Good(var request) -> assertThat(request.getUri().path()).startsWith("/");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json | application/json",
                "application/json; charset=utf-8 | application/json; charset=utf-8",
                "application/json;charset=\"UTF-8\" | application/json; charset=UTF-8",
                "text/plain; charset=utf-8 | text/plain; charset=UTF-8",
                "multipart/form-data; boundary=abc | multipart/form-data; boundary=abc",
                "nonsense | application/octet-stream"
            })
    void aContentTypeKeepsItsCharset(String sent, String read) {
        var head = get("/").add("content-type", sent);
        assertThat(Http2Heads.type(head).toString()).isEqualTo(read);
    }

    @Test
    void nothingOfAConnectionIsSaidInAnAnswer() {
        var answer = HttpResponse.create()
                .addHeader(RawHeader.create("Connection", "close"))
                .addHeader(RawHeader.create("Keep-Alive", "timeout=5"))
                .addHeader(RawHeader.create("Transfer-Encoding", "chunked"))
                .addHeader(RawHeader.create("Upgrade", "h2c"))
                .addHeader(RawHeader.create("X-Kept", "yes"))
                .withEntity("text");
        assertThat(HEADS.of(answer))
                .extracting(header -> header.getKey() + ": " + header.getValue())
                .containsExactlyInAnyOrder(
                        ":status: 200",
                        "x-kept: yes",
                        "content-type: text/plain; charset=UTF-8",
                        "content-length: 4",
                        "date: Tue, 24 Nov 2026 12:00:00 GMT");
    }
}
