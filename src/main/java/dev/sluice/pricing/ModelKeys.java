package dev.sluice.pricing;

import java.math.BigDecimal;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The keys under which the price table may have a model, the best first. */
final class ModelKeys {
    /** What a regional endpoint costs over a global one, where the table has the global price only. */
    private static final BigDecimal REGIONAL = new BigDecimal("1.1");

    private static final Pattern COMPACT_DATE = Pattern.compile("-\\d{8}$");
    private static final Pattern DASHED_DATE = Pattern.compile("-\\d{4}-\\d{2}-\\d{2}$");
    private static final Pattern CLAUDE_DATED = Pattern.compile("(claude-.+)-(\\d{8})");
    private static final Pattern CLAUDE_VERSION =
            Pattern.compile("claude-[a-z]+-(\\d{1,2})(?:[-.](\\d{1,2}))?(?!\\d).*");
    private static final Pattern AZURE_KEY = Pattern.compile("^azure(?:_ai)?/(?:(?:global|eu|us)/)?");
    private static final Pattern GEOGRAPHIC = Pattern.compile("(?:us|eu|global|jp|au|apac|ca|us-gov)\\.(.+)");

    private final CostBasis basis;
    private final Place place;

    ModelKeys(CostBasis basis, Place place) {
        this.basis = basis;
        this.place = place;
    }

    /**
     * The model that a key of the table is for, as providers of its seller name it; null where it is another price of a model that has
     * its own key: at one of Bedrock's regions, or by the size of a picture.
     */
    static @Nullable String modelOf(String key, CostBasis seller) {
        return switch (seller) {
            case ANTHROPIC, OPENAI -> key.contains("/") ? null : key;
            case GOOGLE -> after("gemini/", key);
            case VERTEX -> after("vertex_ai/", key);
            case OPENROUTER -> after("openrouter/", key);
            case VERCEL -> after("vercel_ai_gateway/", key);
            case BEDROCK, BEDROCK_US, BEDROCK_EU, BEDROCK_AP -> {
                var model = after("bedrock_mantle/", key);
                yield model.contains("/") ? null : model;
            }
            case AZURE, AZURE_EU, AZURE_US -> {
                var model = AZURE_KEY.matcher(key).replaceFirst("");
                yield model.contains("/") ? null : model;
            }
        };
    }

    private static String after(String prefix, String key) {
        return key.startsWith(prefix) ? key.substring(prefix.length()) : key;
    }

    /** The model's name as the price list knows it, whatever the request's path made of it. */
    String plain(String model) {
        if (!basis.isBedrock()) {
            return model;
        }
        var id = decoded(model);
        return id.startsWith("arn:") ? id.substring(id.lastIndexOf('/') + 1) : id;
    }

    /** @param regional whether the request is served in one region and not anywhere */
    Stream<Candidate> of(String model, boolean regional) {
        var name = plain(model);
        return switch (basis) {
            case ANTHROPIC, OPENAI, GOOGLE -> maker(basis, name);
            case VERTEX -> vertex(name, regional);
            case BEDROCK -> bedrock(name, "");
            case BEDROCK_US -> bedrock(name, "us.");
            case BEDROCK_EU -> bedrock(name, "eu.");
            case BEDROCK_AP -> bedrock(name, "apac.");
            case AZURE -> azure(name, "global");
            case AZURE_EU -> azure(name, "eu");
            case AZURE_US -> azure(name, "us");
            case OPENROUTER -> openRouter(name);
            case VERCEL -> Stream.concat(keys(basis, "vercel_ai_gateway/" + name), makers(name));
        };
    }

    private static Stream<Candidate> maker(CostBasis maker, String model) {
        return switch (maker) {
            case ANTHROPIC -> keys(maker, model, without(COMPACT_DATE, model));
            case OPENAI -> keys(maker, model, without(DASHED_DATE, model));
            default -> {
                var name = model.startsWith("models/") ? model.substring("models/".length()) : model;
                yield keys(maker, "gemini/" + name, name);
            }
        };
    }

    /** {@code maker/model}, as gateways name models: the price that the maker itself takes. */
    private static Stream<Candidate> makers(String model) {
        var slash = model.indexOf('/');
        var name = model.substring(slash + 1);
        return switch (model.substring(0, Math.max(slash, 0))) {
            case "anthropic" -> maker(CostBasis.ANTHROPIC, name.replace('.', '-'));
            case "openai" -> maker(CostBasis.OPENAI, name);
            case "google" -> maker(CostBasis.GOOGLE, name);
            default -> Stream.empty();
        };
    }

    // Paths say claude-x@date, answers claude-x-date.
    private Stream<Candidate> vertex(String model, boolean regional) {
        var name = CLAUDE_DATED.matcher(model).replaceFirst("$1@$2");
        var undated = name.contains("@") ? name.substring(0, name.indexOf('@')) : name;
        var candidates = keys(basis, "vertex_ai/" + name, "vertex_ai/" + undated, model, undated);
        return isClaudeSince45(name) && regional ? candidates.map(candidate -> candidate.times(REGIONAL)) : candidates;
    }

    private Stream<Candidate> bedrock(String model, String defaultPrefix) {
        var prefixed = GEOGRAPHIC.matcher(model);
        var geographic = prefixed.matches() ? model : defaultPrefix + model;
        var bare = prefixed.matches() ? prefixed.group(1) : model;
        var regional = place.awsRegion().map(region -> "bedrock/" + region + "/" + model);
        return Stream.concat(
                regional.stream().flatMap(key -> keys(basis, key)),
                keys(basis, geographic, "bedrock_mantle/" + model, bare));
    }

    private Stream<Candidate> azure(String model, String zone) {
        var undated = without(DASHED_DATE, without(COMPACT_DATE, model));
        var inZone = keys(basis, "azure/" + zone + "/" + model, "azure/" + zone + "/" + undated);
        var anywhere =
                keys(basis, "azure/" + model, "azure_ai/" + model, model, "azure/" + undated, "azure_ai/" + undated);
        return Stream.concat(
                inZone, zone.equals("global") ? anywhere : anywhere.map(candidate -> candidate.times(REGIONAL)));
    }

    private Stream<Candidate> openRouter(String model) {
        var colon = model.indexOf(':');
        var name = colon < 0 ? model : model.substring(0, colon);
        var variant = colon < 0 ? "" : model.substring(colon);
        if (variant.equals(":free")) {
            return keys(basis, PriceEntry.FREE.key());
        }
        var plain = Stream.concat(keys(basis, "openrouter/" + name), makers(name));
        // The table knows a few variants by their full name; the others cost what the model costs.
        return variant.equals(":batch")
                ? plain.map(Candidate::inBatch)
                : Stream.concat(keys(basis, "openrouter/" + model), plain);
    }

    private static boolean isClaudeSince45(String model) {
        var version = CLAUDE_VERSION.matcher(model);
        if (!version.matches()) {
            return false;
        }
        var major = Integer.parseInt(version.group(1));
        var minor = Optional.ofNullable(version.group(2)).map(Integer::parseInt).orElse(0);
        return major > 4 || (major == 4 && minor >= 5);
    }

    private static Stream<Candidate> keys(CostBasis basis, String... keys) {
        return List.of(keys).stream().map(key -> Candidate.of(key, basis));
    }

    private static String without(Pattern suffix, String model) {
        return suffix.matcher(model).replaceFirst("");
    }

    private static String decoded(String model) {
        try {
            // In a path a plus is a plus.
            return URLDecoder.decode(model.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return model;
        }
    }
}
