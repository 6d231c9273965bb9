package dev.sluice.session;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class SessionNamesTest {
    @Property(tries = 500)
    void twoCallersNeverShareASessionWhateverTheySend(
            @ForAll @StringLength(max = 20) String login,
            @ForAll @StringLength(max = 20) String other,
            @ForAll String id) {
        Assume.that(!login.equals(other));

        assertThat(SessionNames.own("oacc", login, id)).isNotEqualTo(SessionNames.own("oacc", other, id));
        assertThat(SessionNames.fingerprinted("oacc", login, id))
                .isNotEqualTo(SessionNames.fingerprinted("oacc", other, id));
        assertThat(SessionNames.continuing("oare", login, id)).isNotEqualTo(SessionNames.continuing("oare", other, id));
        assertThat(SessionNames.response(login, id)).isNotEqualTo(SessionNames.response(other, id));
    }

    @Property(tries = 500)
    void movingCharactersBetweenLoginAndIdMakesAnotherName(
            @ForAll @StringLength(min = 1, max = 20) String login, @ForAll @StringLength(max = 20) String id) {
        var end = login.length() - 1;

        assertThat(SessionNames.own("oacc", login.substring(0, end), login.charAt(end) + id))
                .isNotEqualTo(SessionNames.own("oacc", login, id));
    }

    @Property(tries = 200)
    void aNameIsFourLettersAndSixteenHexDigits(@ForAll String login, @ForAll String id, @ForAll long bits) {
        assertThat(SessionNames.own("anme", login, id)).matches("anme_[0-9a-f]{16}");
        assertThat(SessionNames.fingerprinted("anme", login, id)).matches("anme_[0-9a-f]{16}");
        assertThat(SessionNames.continuing("oare", login, id)).matches("oare_[0-9a-f]{16}");
        assertThat(SessionNames.random("oacc", bits)).matches("oacc_[0-9a-f]{16}");
    }

    @Test
    void namesStayTheSameFromReleaseToRelease() {
        assertThat(SessionNames.own("oacc", "alice@example.com", "conversation-1"))
                .isEqualTo("oacc_0bd7fa6509116437");
        assertThat(SessionNames.fingerprinted("oacc", "alice@example.com", "00ff"))
                .isEqualTo("oacc_6f476f10c6ac3efd");
        assertThat(SessionNames.continuing("oare", "alice@example.com", "resp_1"))
                .isEqualTo("oare_b5f0dccf7af5924d");
    }
}
