/**
 * Face: the data plane. A request in, a metered stream out.
 */
@NullMarked
package dev.sluice.proxy;

import org.jspecify.annotations.NullMarked;
