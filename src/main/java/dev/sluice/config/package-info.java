/**
 * Ground: the policy document and the node settings as records that are valid once they exist. Pure. Not for: deciding anything.
 *
 * <p>The policy is read into a tree that knows its places ({@code HuJson}), then section by section into records. We chose
 * reading by hand over data binding because every finding needs a line, a warning must not end the reading, and the words of
 * the findings are documented. Which keys there are stands in one place for all ({@code Shape}): readers, unknown keys and the
 * JSON Schema.
 *
 * <p>A document that is wrong in a way that only warns loads all the same; then doubt is denial: an unusable provider is left
 * out, an unreadable grant grants nothing, an unreadable quota refuses.
 */
@NullMarked
package dev.sluice.config;

import org.jspecify.annotations.NullMarked;
