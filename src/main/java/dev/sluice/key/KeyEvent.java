package dev.sluice.key;

import dev.sluice.cluster.JsonSerializable;

/** What happens to a key. */
sealed interface KeyEvent extends JsonSerializable permits KeyCreated, KeyRevoked, KeyUsed {}
