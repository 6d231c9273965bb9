package dev.sluice.wire;

import java.util.List;

/** Every wire format there is. */
public final class WireFormats {
    public static final List<WireFormat> ALL = List.of();

    private WireFormats() {}
}
