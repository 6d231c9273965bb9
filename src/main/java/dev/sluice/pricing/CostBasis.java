package dev.sluice.pricing;

import dev.sluice.config.ProviderRule;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whose price list a provider's usage is counted by.
 *
 * <p>Told by the provider's {@code cost_basis}. Else, if the policy allows, inferred from the first of these that says
 * something: the base URL's host (OpenRouter, Azure: what their answers name and tell is special), the provider's id when it
 * is the name of a price list, the compatibility flags from the most to the least special. A Claude or Gemini endpoint often
 * speaks OpenAI's format as well, never the other way round; and {@code openai_chat} is the default. Bedrock and Vercel have to be
 * told: by id or flags alone their regions and markups would be guesses, and a provider with a Bedrock flag is not taken for another.
 */
enum CostBasis {
    ANTHROPIC,
    OPENAI,
    GOOGLE,
    VERTEX,
    BEDROCK,
    BEDROCK_US,
    BEDROCK_EU,
    BEDROCK_AP,
    AZURE,
    AZURE_EU,
    AZURE_US,
    OPENROUTER,
    VERCEL;

    private static final Set<CostBasis> ONLY_TOLD = Set.of(BEDROCK, BEDROCK_US, BEDROCK_EU, BEDROCK_AP, VERCEL);

    /** The name in the policy document. */
    final String id = name().toLowerCase(Locale.ROOT).replace('_', '-');

    static Optional<CostBasis> of(ProviderRule provider, Place place, boolean inferred) {
        var told = provider.costBasis();
        if (told != null && !told.isBlank()) {
            return named(told);
        }
        return inferred ? infer(provider, place) : Optional.empty();
    }

    /** The one whose price list the table says that an entry is of; empty for sellers that no provider is counted by. */
    static Optional<CostBasis> soldBy(String seller) {
        return switch (seller) {
            case "openai", "text-completion-openai" -> Optional.of(OPENAI);
            case "anthropic" -> Optional.of(ANTHROPIC);
            case "gemini" -> Optional.of(GOOGLE);
            case "azure", "azure_ai", "azure_text" -> Optional.of(AZURE);
            case "openrouter" -> Optional.of(OPENROUTER);
            case "vercel_ai_gateway" -> Optional.of(VERCEL);
            case String other when other.startsWith("vertex_ai") -> Optional.of(VERTEX);
            case String other when other.startsWith("bedrock") -> Optional.of(BEDROCK);
            default -> Optional.empty();
        };
    }

    /** Those that count the same seller's models, each for another part of the world. */
    Stream<CostBasis> zones() {
        return isBedrock() || isAzure()
                ? Arrays.stream(values()).filter(it -> it.isBedrock() == isBedrock() && it.isAzure() == isAzure())
                : Stream.of(this);
    }

    boolean isBedrock() {
        return this == BEDROCK || this == BEDROCK_US || this == BEDROCK_EU || this == BEDROCK_AP;
    }

    boolean isAzure() {
        return this == AZURE || this == AZURE_EU || this == AZURE_US;
    }

    private static Optional<CostBasis> named(String name) {
        var id = name.strip().toLowerCase(Locale.ROOT).replace('_', '-');
        return Arrays.stream(values()).filter(basis -> basis.id.equals(id)).findFirst();
    }

    private static Optional<CostBasis> infer(ProviderRule provider, Place place) {
        if (place.isOpenRouter()) {
            return Optional.of(OPENROUTER);
        }
        if (place.isAzure()) {
            return Optional.of(AZURE);
        }
        return named(provider.id())
                .filter(basis -> !ONLY_TOLD.contains(basis))
                .or(() -> byFlags(provider.compatibility()));
    }

    private static Optional<CostBasis> byFlags(Set<String> flags) {
        if (flags.contains("bedrock_model_invoke") || flags.contains("bedrock_converse")) {
            return Optional.empty();
        }
        if (flags.contains("google_raw_predict") || flags.contains("google_generate_content")) {
            return Optional.of(VERTEX);
        }
        if (flags.contains("gemini_generate_content")) {
            return Optional.of(GOOGLE);
        }
        if (flags.contains("anthropic_messages")) {
            return Optional.of(ANTHROPIC);
        }
        return flags.contains("openai_chat") || flags.contains("openai_responses")
                ? Optional.of(OPENAI)
                : Optional.empty();
    }
}
