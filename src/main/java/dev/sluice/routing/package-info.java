/**
 * Which provider serves a model. Pure. Not for: whether a caller may use it.
 *
 * <p>A name that reads both as {@code provider/model} and as a model id with a slash yields both, the qualified reading first,
 * whatever the preferences: qualifying is the only way to say which provider is meant, and another provider's preference must
 * not take it away. The other reading follows, so that a caller who may use only that one is served.
 *
 * <p>A provider's {@code models} may hold globs. They offer what matches, but are no names, so {@link Router#all} leaves them
 * out. Among equal preferences a glob comes behind whoever names the model: an aggregator's {@code **} must not draw away what a
 * policy has given to somebody by name.
 */
@NullMarked
package dev.sluice.routing;

import org.jspecify.annotations.NullMarked;
