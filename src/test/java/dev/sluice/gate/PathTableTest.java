package dev.sluice.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gate.PathTable.Found;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.junit.jupiter.api.Test;

class PathTableTest {
    private static Endpoint endpoint(String path) {
        return new Endpoint(
                HttpMethods.POST, path, Needs.MODEL, call -> CompletableFuture.completedFuture(HttpResponse.create()));
    }

    @Test
    void prefersThePatternThatLeavesLeastOpen() {
        // Given
        var open = endpoint("/{project}/models/{model}:raw");
        var named = endpoint("/{project}/models/count:raw");
        for (var endpoints : List.of(List.of(open, named), List.of(named, open))) {
            var table = new PathTable(endpoints);
            // Then
            assertThat(table.match(HttpMethods.POST, "/p/models/count:raw"))
                    .isEqualTo(new Found(named, Map.of("project", "p")));
            assertThat(table.match(HttpMethods.POST, "/p/models/counts:raw"))
                    .isEqualTo(new Found(open, Map.of("project", "p", "model", "counts")));
        }
    }
}
