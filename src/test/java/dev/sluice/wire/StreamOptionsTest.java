package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamOptionsTest {

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "{ \"model\":\"m\",\"stream\":true} => {\"stream_options\":{\"include_usage\":true}, \"model\":\"m\",\"stream\":true}",
                "{\"stream\":true,\"stream_options\":{},\"model\":\"m\"} => {\"stream\":true,\"stream_options\":{\"include_usage\":true},\"model\":\"m\"}",
                "{\"stream_options\": { } ,\"stream\":true,\"model\":\"m\"} => {\"stream_options\": {\"include_usage\":true } ,\"stream\":true,\"model\":\"m\"}",
                "{\"stream\":true,\"stream_options\":{ \"x\":{\"y\":[1]}},\"model\":\"m\"} => {\"stream\":true,\"stream_options\":{\"include_usage\":true, \"x\":{\"y\":[1]}},\"model\":\"m\"}",
                "{\"stream\":true,\"stream_options\":{\"x\":1,\"include_usage\" : false },\"model\":\"m\"} => {\"stream\":true,\"stream_options\":{\"x\":1,\"include_usage\" : true },\"model\":\"m\"}",
                "{\"stream\":true,\"stream_options\":{\"include_usage\":null},\"model\":\"m\"} => {\"stream\":true,\"stream_options\":{\"include_usage\":true},\"model\":\"m\"}",
                "{\"stream\":true,\"stream_options\": null,\"model\":\"m\"} => {\"stream\":true,\"stream_options\": {\"include_usage\":true},\"model\":\"m\"}",
                "{\"ü\":\"世🦊\",\"stream\":true,\"stream_options\":null,\"model\":\"m\"} => {\"ü\":\"世🦊\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"model\":\"m\"}"
            })
    void asksForUsageInTheClientsPlace(String body, String expected) throws BadRequest {
        // When
        var head = Heads.chat(body);
        var spliced = Splices.apply(Heads.utf8(body), List.of(Objects.requireNonNull(head.usageSplice())));
        // Then
        assertThat(head.usageAsked()).isFalse();
        assertThat(spliced.utf8String()).isEqualTo(expected);
        assertThat(Heads.chat(expected).usageAsked()).isTrue();
    }

    @Test
    void leavesAClientAloneThatAsksItself() throws BadRequest {
        // When
        var head = Heads.chat("{\"stream_options\":{\"include_usage\":true},\"stream\":true,\"model\":\"m\"}");
        // Then
        assertThat(head.usageAsked()).isTrue();
        assertThat(head.usageSplice()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"m\"}",
                "{\"model\":\"m\",\"stream\":false}",
                "{\"model\":\"m\",\"stream\":null,\"stream_options\":{\"include_usage\":false}}"
            })
    void splicesNothingIntoARequestWithoutAStream(String body) throws BadRequest {
        assertThat(Heads.chat(body).usageSplice()).isNull();
        assertThat(Heads.chat(body).usageAsked()).isFalse();
    }

    @Test
    void leavesFormatsAloneThatAlwaysTell() throws BadRequest {
        // Given
        var body = "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}}";
        // Then
        assertThat(Heads.responses(body).usageSplice()).isNull();
        assertThat(Heads.responses(body).usageAsked()).isTrue();
    }
}
