/**
 * Money left: one persistent actor a bucket, behind the door {@link dev.sluice.quota.Quota}.
 */
@NullMarked
package dev.sluice.quota;

import org.jspecify.annotations.NullMarked;
