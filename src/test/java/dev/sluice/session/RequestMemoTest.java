package dev.sluice.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RequestMemoTest {
    @Test
    void isALineThatAPersonCanRead() {
        assertThat(Exchanges.memo("oacc_0123456789abcdef", "ann@example.com").text())
                .isEqualTo("oacc_0123456789abcdef|ann@example.com|node-1|tag:ci|openai|gpt-5|openai_chat|POST"
                        + "|/v1/chat/completions|stream|2026-11-21T12:00:00Z|daily:ann@example.com,pool");
    }

    @Test
    void readsTheFirstVersionWhichWasASessionAlone() {
        assertThat(RequestMemo.of("oacc_0123456789abcdef"))
                .isEqualTo(new RequestMemo(
                        "oacc_0123456789abcdef", "", "", List.of(), "", "", "", "", "", false, null, List.of()));
    }

    @Test
    void passesOverWhatALaterVersionAdds() {
        var memo = Exchanges.memo("oacc_0123456789abcdef", "ann@example.com");

        assertThat(RequestMemo.of(memo.text() + "|later")).isEqualTo(memo);
    }

    @Test
    void isCutWhereAPathIsEndless() {
        var memo = new RequestMemo(
                "s", "l", "", List.of(), "p", "m", "f", "POST", "/" + "x".repeat(9_000), false, null, List.of());

        assertThat(memo.text()).hasSizeLessThan(400);
    }

    @Property
    void comesBackAsItWas(@ForAll String login, @ForAll String model, @ForAll List<String> tags) {
        var named = tags.stream().filter(tag -> !tag.isEmpty()).toList();
        var memo = new RequestMemo(
                "session", login, "", named, "p", model, "f", "POST", "/v1", true, Instant.EPOCH, named);

        assertThat(RequestMemo.of(memo.text())).isEqualTo(memo);
    }
}
