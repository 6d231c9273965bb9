package dev.sluice.journal;

import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;

/**
 * Whether this node has found that what it writes is not taken: said by whoever writes all the time, heard by whoever may as well not write. For an
 * entity whose write fails has to be read again, and while the storage is away nobody can.
 */
public final class StorageTrouble implements Extension {
    private volatile boolean known;

    public static StorageTrouble get(ClassicActorSystemProvider system) {
        return Id.INSTANCE.get(system);
    }

    private StorageTrouble() {}

    public boolean isKnown() {
        return known;
    }

    public void known(boolean is) {
        known = is;
    }

    private static final class Id extends AbstractExtensionId<StorageTrouble> {
        static final Id INSTANCE = new Id();

        @Override
        public StorageTrouble createExtension(ExtendedActorSystem system) {
            return new StorageTrouble();
        }
    }
}
