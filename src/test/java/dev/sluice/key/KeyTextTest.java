package dev.sluice.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class KeyTextTest {
    private static final String CHARACTERS = "abcdefghijklmnopqrstuvwxyz234567-ABCXYZ0189_ +/=\u00e9\0";

    @Property(tries = 200)
    void isReadAsItWasMade(@ForAll long seed) {
        var made = KeyText.make(new Random(seed));

        assertThat(made.whole().reveal()).matches("sk-sluice-[a-z2-7]{16}-[a-z2-7]{47}");
        assertThat(KeyText.read(made.whole().reveal())).contains(made);
        assertThat(made.whole().reveal()).contains("-" + made.id() + "-");
        assertThat(made.toString()).doesNotContain(made.whole().reveal());
    }

    @Property(tries = 1000)
    void noticesEveryWrongCharacter(
            @ForAll long seed, @ForAll @IntRange(max = 73) int at, @ForAll @IntRange(max = 44) int which) {
        var text = KeyText.make(new Random(seed)).whole().reveal();
        var wrong = CHARACTERS.charAt(which);

        var changed = text.substring(0, at) + wrong + text.substring(at + 1);

        assertThat(KeyText.read(changed).isPresent()).isEqualTo(changed.equals(text));
    }

    @Property(tries = 500)
    void noticesNeighboursInTheWrongOrder(@ForAll long seed, @ForAll @IntRange(max = 72) int at) {
        var text = KeyText.make(new Random(seed)).whole().reveal();

        var changed = text.substring(0, at) + text.charAt(at + 1) + text.charAt(at) + text.substring(at + 2);

        assertThat(KeyText.read(changed).isPresent()).isEqualTo(changed.equals(text));
    }

    @Property(tries = 200)
    void noticesWhatIsMissingAndWhatIsTooMuch(@ForAll long seed, @ForAll @IntRange(max = 73) int at) {
        var text = KeyText.make(new Random(seed)).whole().reveal();

        assertThat(KeyText.read(text.substring(0, at))).isEmpty();
        assertThat(KeyText.read(text.substring(0, at) + text.substring(at + 1))).isEmpty();
        assertThat(KeyText.read(text.substring(0, at) + text.charAt(at) + text.substring(at)))
                .isEmpty();
        assertThat(KeyText.read(text + text.substring(at))).isEmpty();
    }

    @Property
    void readsAnything(@ForAll String text) {
        assertThat(KeyText.read(text)).isEmpty();
        assertThat(KeyText.read(KeyText.PREFIX + text)).isEmpty();
    }
}
