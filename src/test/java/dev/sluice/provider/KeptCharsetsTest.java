package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeptCharsetsTest {

    @ParameterizedTest
    @CsvSource({
        "application/json; charset=utf-8, application/json; charset=UTF-8",
        "text/event-stream;charset=UTF-8, text/event-stream; charset=UTF-8",
        "'application/json; charset=\"utf-8\"', application/json; charset=UTF-8",
        "application/json; charset=koi8-x, application/json; charset=koi8-x",
        "application/json, application/json",
        "text/event-stream, text/event-stream",
        "application/vnd.amazon.eventstream, application/vnd.amazon.eventstream",
        "nonsense, application/octet-stream"
    })
    void readsContentTypesAsTheyAreWritten(String written, String read) {
        assertThat(KeptCharsets.parse(written).toString()).isEqualToIgnoringCase(read);
    }
}
