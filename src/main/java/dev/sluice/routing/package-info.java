/**
 * Which provider serves a model. Pure.
 */
@NullMarked
package dev.sluice.routing;

import org.jspecify.annotations.NullMarked;
