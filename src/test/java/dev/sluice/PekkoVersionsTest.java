package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.cluster.NodeSystem;
import java.util.HashSet;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** In place of Pekko's own check, which is off: it knows no exception. */
class PekkoVersionsTest {
    private static final Pattern JAR = Pattern.compile("(pekko-[a-z-]+)_2\\.13-([0-9.]+)\\.jar");

    /** Of other houses, with versions of their own; what discovery builds upon changes little. */
    private static final Pattern OTHERS =
            Pattern.compile("pekko-(http|parsing|management|lease|discovery|connectors|persistence-cassandra).*");

    @Test
    void allOfPekkoIsOfOneVersion() {
        var versions = JAR.matcher(System.getProperty("java.class.path"))
                .results()
                .filter(jar -> !OTHERS.matcher(jar.group(1)).matches())
                .collect(Collectors.toMap(jar -> jar.group(1), jar -> jar.group(2), (one, other) -> one));

        assertThat(versions).hasSizeGreaterThan(10);
        assertThat(new HashSet<>(versions.values())).as(versions.toString()).hasSize(1);
        assertThat(NodeSystem.config(null, Map.of()).getBoolean("pekko.fail-mixed-versions"))
                .isFalse();
        assertThat(ConfigFactory.parseResources("simulator.conf").getBoolean("pekko.fail-mixed-versions"))
                .isFalse();
    }
}
