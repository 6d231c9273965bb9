/**
 * Ground: the policy document and the node settings as records that are valid once they exist. Pure. Not for: deciding anything.
 */
@NullMarked
package dev.sluice.config;

import org.jspecify.annotations.NullMarked;
