package dev.sluice.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Of streams that no document stands for: sound, pictures, what nobody streams. */
final class NothingRetold implements Retelling {
    @Override
    public void take(ObjectNode event) {}

    @Override
    public void fail(String type, ObjectNode event) {}

    @Override
    public @Nullable ObjectNode told() {
        return null;
    }
}
