package dev.sluice.usage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.sluice.session.Exchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.serialization.jackson.JacksonObjectMapperProvider;

/** An exchange as JSON, set up as for events, but without what is null. */
final class ExchangeJson {
    private final ObjectWriter writer;
    private final ObjectReader reader;

    ExchangeJson(ActorSystem<?> system) {
        var mapper = JacksonObjectMapperProvider.get(system)
                .getOrCreate("jackson-json", Optional.empty())
                .copy()
                .setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);
        writer = mapper.writerFor(Exchange.class);
        reader = mapper.readerFor(Exchange.class);
    }

    byte[] write(Exchange exchange) {
        try {
            return writer.writeValueAsBytes(exchange);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    Exchange read(byte[] json) {
        try {
            return reader.readValue(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
