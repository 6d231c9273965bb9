package dev.sluice.wire;

import java.util.function.IntToLongFunction;

/**
 * What {@link FormReader} must know of a format to read its forms.
 *
 * @param name       the format's
 * @param fileTokens how many tokens a file of so many bytes may be
 */
public record FormShape(String name, IntToLongFunction fileTokens) {}
