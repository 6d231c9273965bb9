package dev.sluice.provider;

import dev.sluice.config.CredentialRule;
import dev.sluice.config.CredentialRule.AwsSignature;
import dev.sluice.config.CredentialRule.Keys;
import dev.sluice.config.CredentialRule.ServiceAccount;
import dev.sluice.config.ProviderRule;
import java.time.Duration;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.stream.SystemMaterializer;

/** Makes of a provider's rule what its requests are shown with. */
record Credentials(ActorSystem<?> system, GoogleTokens.Sender sender, InstantSource clock, RandomGenerator random) {
    /** A request waits for the token, and its client behind. */
    private static final Duration TOKEN_PATIENCE = Duration.ofSeconds(20);

    Credential of(ProviderRule provider) {
        return switch (provider.authMode()) {
            case OVERRIDE -> own(provider.id(), provider.credential());
            case PASSTHROUGH -> new Passthrough(own(provider.id(), provider.credential()));
            case NONE -> FixedCredential.NONE;
        };
    }

    private Credential own(String provider, CredentialRule rule) {
        return switch (rule) {
            case Keys keys -> keys(provider, keys);
            case ServiceAccount account ->
                new GoogleCredential(
                        provider,
                        new GoogleTokens(
                                account,
                                sender,
                                clock,
                                SystemMaterializer.get(system).materializer(),
                                TOKEN_PATIENCE),
                        clock,
                        random);
            case AwsSignature signature ->
                new AwsCredential(
                        provider,
                        signature,
                        AwsCredential.chain(signature.profile()),
                        system.dispatchers().lookup(DispatcherSelector.blocking()),
                        clock,
                        random);
        };
    }

    private Credential keys(String provider, Keys rule) {
        return switch (rule.keys().size()) {
            case 0 -> FixedCredential.NONE;
            case 1 -> FixedCredential.of(rule.keys().getFirst(), rule.authorization());
            default -> new RotatedKeys(provider, rule, clock);
        };
    }
}
