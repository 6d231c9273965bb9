package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.pricing.PriceBook.Cost;
import dev.sluice.pricing.PriceBook.Terms;
import dev.sluice.wire.Usage;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What holds for every price list: models with every kind of rate, below and beyond their marks. */
class PriceBookPropertiesTest {
    private static final PriceBook BOOK = Samples.shippedBook();
    private static final long LOWEST_MARK = 128_000;
    private static final long HIGHEST_MARK = 512_000;
    private static final int CLASSES = 10;

    /** Tokens by class: disjoint here, put together as {@link Usage} wants them. */
    record Tokens(List<Long> of) {
        Usage usage() {
            long inAudio = of.get(6);
            long inImage = of.get(7);
            long reasoning = of.get(5);
            long outAudio = of.get(8);
            long outImage = of.get(9);
            return new Usage(
                    of.get(0) + inAudio + inImage,
                    of.get(1),
                    of.get(2),
                    of.get(3),
                    of.get(4) + reasoning + outAudio + outImage,
                    reasoning,
                    inAudio,
                    outAudio,
                    inImage,
                    outImage,
                    0);
        }

        Tokens plus(int index, long more) {
            return new Tokens(IntStream.range(0, CLASSES)
                    .mapToObj(i -> of.get(i) + (i == index ? more : 0))
                    .toList());
        }

        Tokens plus(Tokens other) {
            return new Tokens(IntStream.range(0, CLASSES)
                    .mapToObj(i -> of.get(i) + other.of.get(i))
                    .toList());
        }
    }

    @Property(tries = 500)
    void moreTokensOfAnyClassNeverCostLess(
            @ForAll("terms") Terms terms,
            @ForAll("fewTokens") Tokens few,
            @ForAll boolean beyondTheMarks,
            @ForAll @IntRange(max = CLASSES - 1) int index,
            @ForAll @IntRange(max = 60_000) int more) {
        // Across a mark it need not hold: a priority rate ends there, and the standard one beyond may be lower.
        var tokens = beyondTheMarks ? few.plus(0, HIGHEST_MARK) : few;

        assertThat(cost(terms, tokens.plus(index, more)).usd())
                .isGreaterThanOrEqualTo(cost(terms, tokens).usd());
    }

    @Property(tries = 500)
    void belowTheMarksTheWholeCostsWhatItsPartsCost(
            @ForAll("terms") Terms terms, @ForAll("fewTokens") Tokens one, @ForAll("fewTokens") Tokens other) {
        assertThat(cost(terms, one.plus(other)).usd())
                .isEqualByComparingTo(
                        cost(terms, one).usd().add(cost(terms, other).usd()));
    }

    @Property(tries = 500)
    void theWorstCaseIsNeverExceeded(
            @ForAll("terms") Terms terms,
            @ForAll("someTokens") Tokens tokens,
            @ForAll @IntRange(max = 300_000) int spareIn,
            @ForAll @IntRange(max = 1_000) int spareOut) {
        var usage = tokens.usage();

        var worst = BOOK.worstCase(terms, usage.promptTokens() + spareIn, usage.outputTokens() + spareOut)
                .orElseThrow();

        assertThat(worst.usd()).isGreaterThanOrEqualTo(cost(terms, tokens).usd());
    }

    @Property(tries = 500)
    void nanodollarsAreTheDollarsToHalfANanodollar(@ForAll("terms") Terms terms, @ForAll("someTokens") Tokens tokens) {
        var cost = cost(terms, tokens);

        assertThat(cost.usd().movePointRight(9).subtract(BigDecimal.valueOf(cost.nanos())))
                .isBetween(new BigDecimal("-0.5"), new BigDecimal("0.5"));
    }

    private static Cost cost(Terms terms, Tokens tokens) {
        return BOOK.cost(terms, tokens.usage()).orElseThrow();
    }

    @Provide
    Arbitrary<Terms> terms() {
        var models = Arbitraries.of(
                Samples.terms(Samples.provider("openai"), "gpt-5.6-sol"),
                Samples.terms(Samples.provider("openai"), "gpt-4o-audio-preview"),
                Samples.terms(Samples.provider("anthropic"), "claude-opus-5"),
                Samples.terms(Samples.provider("anthropic"), "claude-sonnet-4-20250514"),
                Samples.terms(Samples.provider("google"), "gemini-3.1-pro-preview"),
                Samples.terms(Samples.provider("google"), "gemini-3-pro-image"),
                Samples.terms(Samples.provider("vertex"), "claude-sonnet-4-5@20250929"),
                Samples.terms(Samples.provider("azure"), "gpt-5.5-2026-04-23"),
                Samples.terms(Samples.provider("openrouter"), "anthropic/claude-sonnet-4.5:batch"));
        var tiers = Arbitraries.of("standard", "flex", "priority", "batch");
        return Combinators.combine(models, tiers).as(PriceBookPropertiesTest::atTier);
    }

    private static Terms atTier(Terms terms, String tier) {
        return new Terms(terms.provider(), terms.model(), terms.askedModel(), terms.date(), tier, null, null, null);
    }

    @Provide
    Arbitrary<Tokens> someTokens() {
        return tokens(400_000);
    }

    @Provide
    Arbitrary<Tokens> fewTokens() {
        return tokens(LOWEST_MARK / 2 / CLASSES);
    }

    private static Arbitrary<Tokens> tokens(long most) {
        return Arbitraries.longs().between(0, most).list().ofSize(CLASSES).map(Tokens::new);
    }
}
