/** The policy in force. Not for: what a document means ({@code config}), or what follows from it for a caller ({@code access}). */
@NullMarked
package dev.sluice.policy;

import org.jspecify.annotations.NullMarked;
