package dev.sluice.pricing;

import dev.sluice.pricing.PriceBook.Cost;
import dev.sluice.pricing.PriceBook.Terms;
import dev.sluice.wire.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Adds up what usage costs by a quote. Exact: decimals, sums and products only, rounded once, at the end, to nanodollars. */
final class Bill {
    private static final List<Meter> PROMPT = List.of(
            Meter.INPUT,
            Meter.INPUT_AUDIO,
            Meter.INPUT_IMAGE,
            Meter.CACHE_READ,
            Meter.CACHE_WRITE,
            Meter.CACHE_WRITE_1H);
    private static final List<Meter> GENERATED =
            List.of(Meter.OUTPUT, Meter.OUTPUT_AUDIO, Meter.OUTPUT_IMAGE, Meter.REASONING);
    private static final int NANO_DIGITS = 9;
    private static final BigDecimal MOST_NANOS = BigDecimal.valueOf(Long.MAX_VALUE);

    private final Quote quote;
    private final long promptTokens;
    private final Tier tier;
    private BigDecimal usd = BigDecimal.ZERO;
    private boolean known = true;

    private Bill(Quote quote, long promptTokens, Tier tier) {
        this.quote = quote;
        this.promptTokens = promptTokens;
        this.tier = tier;
    }

    /** What was used; empty when something was used that has no rate. */
    static Optional<Cost> of(Quote quote, Terms terms, Usage usage) {
        var bill = new Bill(quote, usage.promptTokens(), quote.tier(terms.serviceTier()));
        bill.addPrompt(usage);
        bill.addGenerated(usage);
        if (!bill.known) {
            return Optional.empty();
        }
        return Optional.of(cost(bill.total(terms, searches(quote, usage.webSearches())), quote.basis()));
    }

    /** The most that a prompt and an answer of at most so many tokens can cost, whatever caches and modalities make of them. */
    static Cost worst(Quote quote, Terms terms, long promptTokens, long outputTokens) {
        var tier = quote.tier(terms.serviceTier());
        var bill = new Bill(quote, promptTokens, tier);
        bill.addDearest(promptTokens, PROMPT, tier);
        bill.addDearest(outputTokens, GENERATED, tier);
        return cost(bill.total(terms, BigDecimal.ZERO), quote.basis());
    }

    /** Rounded half up, and held within what a long can say: counts come from outside. */
    static Cost cost(BigDecimal usd, String basis) {
        var nanos = usd.movePointRight(NANO_DIGITS).setScale(0, RoundingMode.HALF_UP);
        return new Cost(nanos.min(MOST_NANOS).longValueExact(), usd, basis);
    }

    private void addPrompt(Usage usage) {
        var audio = part(usage.inputAudioTokens(), usage.inputTokens());
        var image = part(usage.inputImageTokens(), usage.inputTokens() - audio);
        add(usage.inputTokens() - audio - image, Meter.INPUT);
        add(audio, Meter.INPUT_AUDIO);
        add(image, Meter.INPUT_IMAGE);
        add(usage.cachedInputTokens(), Meter.CACHE_READ);
        add(usage.cacheWrite5mTokens(), Meter.CACHE_WRITE);
        add(usage.cacheWrite1hTokens(), Meter.CACHE_WRITE_1H);
    }

    private void addGenerated(Usage usage) {
        var reasoning = part(usage.reasoningTokens(), usage.outputTokens());
        var audio = part(usage.outputAudioTokens(), usage.outputTokens() - reasoning);
        var image = part(usage.outputImageTokens(), usage.outputTokens() - reasoning - audio);
        add(usage.outputTokens() - reasoning - audio - image, Meter.OUTPUT);
        add(reasoning, Meter.REASONING);
        add(audio, Meter.OUTPUT_AUDIO);
        add(image, Meter.OUTPUT_IMAGE);
    }

    // A part that is told larger than its whole must not make the rest negative.
    private static long part(long tokens, long whole) {
        return Math.clamp(tokens, 0, Math.max(whole, 0));
    }

    private void add(long tokens, Meter meter) {
        if (tokens <= 0) {
            return;
        }
        var rate = quote.entry().rate(meter, promptTokens, tier);
        if (rate == null) {
            known = false;
        } else {
            usd = usd.add(rate.multiply(BigDecimal.valueOf(tokens)));
        }
    }

    // The tier asked for need not be the one that is granted. No rate at all: what does not generate (embeddings) does
    // not
    // generate in the worst case either.
    private void addDearest(long tokens, List<Meter> meters, Tier tier) {
        var rate = max(
                quote.entry().dearest(meters, promptTokens, tier),
                quote.batch() ? null : quote.entry().dearest(meters, promptTokens, Tier.STANDARD));
        if (rate != null) {
            usd = usd.add(rate.multiply(BigDecimal.valueOf(Math.max(tokens, 0))));
        }
    }

    private BigDecimal total(Terms terms, BigDecimal searches) {
        return usd.multiply(quote.factor())
                .multiply("us".equals(terms.inferenceGeo()) ? factor("us") : BigDecimal.ONE)
                .multiply("fast".equals(terms.speed()) ? factor("fast") : BigDecimal.ONE)
                .add(searches)
                .multiply(quote.adjustment());
    }

    private BigDecimal factor(String name) {
        return quote.entry().factor("provider_specific_entry." + name);
    }

    private static BigDecimal searches(Quote quote, long searches) {
        if (searches <= 0 || quote.search() == null) {
            return BigDecimal.ZERO;
        }
        return quote.search().multiply(BigDecimal.valueOf(quote.entry().everySearchBilled() ? searches : 1));
    }

    private static @Nullable BigDecimal max(@Nullable BigDecimal one, @Nullable BigDecimal other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.max(other);
    }
}
