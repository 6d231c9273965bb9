/**
 * What was said: requests and answers, kept apart from what they used and cost. Not for: usage, money, what is needed to serve a request.
 *
 * <p>We chose to keep the very bytes that passed and to take them apart afterwards over reading them on their way, because the relay only
 * has to hold on to what it has anyway; and to bound what is held by bytes, beyond which a transcript is given up, never a request.
 */
@NullMarked
package dev.sluice.capture;

import org.jspecify.annotations.NullMarked;
