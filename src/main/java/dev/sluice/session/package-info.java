/**
 * What belongs together: one persistent actor a conversation, behind the door {@link dev.sluice.session.Sessions}. Not for:
 * reading history (that is {@code usage}), bodies, money left.
 *
 * <p>Decisions that bind here:
 * <ul>
 *   <li>We chose names derived by hash, with the login inside, over names handed out by a directory, because they need no
 *       look-up, agree on every node and survive any restart; and no id that a caller can send names another's session.
 *   <li>We chose batches of commands per journal write over one write an exchange, because one hot conversation takes
 *       thousands of exchanges a second, and an entity takes no command while it persists; and to wait some milliseconds for
 *       company, because nobody waits for the record, and a transaction costs more than what is in it.
 *   <li>We chose never to delete events over compact journals, because the ledger is rebuilt from them, and a session
 *       looks into them when it is asked for a request older than its memory.
 *   <li>We chose one index entity a caller and slot over one a response, because an actor, a recovery and a journal entry
 *       for every answer would cost more than recording the answer itself.
 * </ul>
 */
@NullMarked
package dev.sluice.session;

import org.jspecify.annotations.NullMarked;
