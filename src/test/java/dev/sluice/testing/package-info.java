/**
 * Tools of the tests: raw sockets, waiting without sleeping, the providers' official clients.
 */
@NullMarked
package dev.sluice.testing;

import org.jspecify.annotations.NullMarked;
