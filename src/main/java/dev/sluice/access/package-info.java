/**
 * What a caller may use: grants and roles in, permits out. Pure.
 */
@NullMarked
package dev.sluice.access;

import org.jspecify.annotations.NullMarked;
