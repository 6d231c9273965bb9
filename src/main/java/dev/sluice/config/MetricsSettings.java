package dev.sluice.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;

/**
 * Where a node's numbers are read without identity.
 *
 * @param host         to listen on; empty for nowhere
 * @param port         to listen on, 0 for any
 * @param allowNetwork whether others than this machine may reach it
 */
public record MetricsSettings(String host, int port, boolean allowNetwork) {
    private static final String LISTEN = "sluice.metrics.listen";

    public boolean isOn() {
        return !host.isEmpty();
    }

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException naming the key, what came and what was expected
     */
    public static MetricsSettings of(Config root) {
        try {
            var listen = root.getString(LISTEN);
            var colon = listen.lastIndexOf(':');
            var allowNetwork = root.getBoolean("sluice.metrics.allow-network");
            return listen.isEmpty()
                    ? new MetricsSettings("", 0, allowNetwork)
                    : new MetricsSettings(
                            Settings.host(LISTEN, listen, colon), Settings.port(LISTEN, listen, colon), allowNetwork);
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
