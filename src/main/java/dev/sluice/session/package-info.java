/**
 * What belongs together: one persistent actor a conversation, behind the door {@link dev.sluice.session.Sessions}.
 */
@NullMarked
package dev.sluice.session;

import org.jspecify.annotations.NullMarked;
