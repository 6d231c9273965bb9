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
        // An actor's address inside an event must be one that other nodes and later lives can resolve.
        byte[] bytes = serialization.withTransportInformation(() -> serializer.toBinary(object));
        var manifest = Serializers.manifestFor(serializer, object);
        return new Payload(new Payload.Type(serializer.identifier(), manifest, adapter), bytes);
    }

    Object read(Payload payload) {
        return serialization.withTransportInformation(() -> serialization
                .deserialize(
                        payload.bytes(),
                        payload.type().serializer(),
                        payload.type().manifest())
                .get());
    }
}
