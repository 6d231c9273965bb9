/**
 * Face: the control plane API.
 */
@NullMarked
package dev.sluice.admin;

import org.jspecify.annotations.NullMarked;
