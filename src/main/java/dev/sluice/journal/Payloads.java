package dev.sluice.journal;

import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;

/** Objects to bytes and back, by the serializers the system binds. */
final class Payloads {
    private final Serialization serialization;

    Payloads(ExtendedActorSystem system) {
        this.serialization = SerializationExtension.get(system);
    }

    Payload write(Object object, String adapter) {
        var serializer = serialization.findSerializerFor(object);
        // Not serializer.toBinary: this one writes the address of an actor inside so that other nodes and later lives
        // can resolve it.
        var bytes = serialization.serialize(object).get();
        var manifest = Serializers.manifestFor(serializer, object);
        return new Payload(new Payload.Type(serializer.identifier(), manifest, adapter), bytes);
    }

    Object read(Payload payload) {
        var type = payload.type();
        return serialization
                .deserialize(payload.bytes(), type.serializer(), type.manifest())
                .get();
    }
}
