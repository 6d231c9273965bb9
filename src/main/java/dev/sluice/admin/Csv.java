package dev.sluice.admin;

import dev.sluice.usage.Reports.Page;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Comma-separated values as RFC 4180 has them, page after page as their reader takes them. */
final class Csv {
    private static final ContentType TYPE = ContentTypes.TEXT_CSV_UTF8;

    /** What a page gives; null for the first. */
    interface Pages<T> {
        CompletionStage<Page<T>> read(@Nullable String after);
    }

    private record Place(@Nullable String after, boolean isEnd) {}

    private Csv() {}

    static <T> HttpResponse answer(
            String fileName, List<String> head, Pages<T> pages, Function<T, List<Object>> columns) {
        var lines = Source.unfoldAsync(new Place(null, false), place -> next(place, pages, columns))
                // HTTP has no chunk of nothing; a page of nothing there is.
                .filter(ByteString::nonEmpty);
        Source<ByteString, NotUsed> all = Source.single(line(List.copyOf(head))).concat(lines);
        return HttpResponse.create()
                .addHeader(RawHeader.create("Content-Disposition", "attachment; filename=\"" + fileName + "\""))
                .withEntity(HttpEntities.createChunked(TYPE, all));
    }

    private static <T> CompletionStage<Optional<Pair<Place, ByteString>>> next(
            Place place, Pages<T> pages, Function<T, List<Object>> columns) {
        if (place.isEnd()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return pages.read(place.after()).thenApply(page -> {
            var text = new StringBuilder();
            page.rows().forEach(row -> append(text, columns.apply(row)));
            return Optional.of(Pair.create(
                    new Place(page.next(), page.next() == null),
                    ByteString.fromString(text.toString(), StandardCharsets.UTF_8)));
        });
    }

    private static ByteString line(List<Object> cells) {
        var text = new StringBuilder();
        append(text, cells);
        return ByteString.fromString(text.toString(), StandardCharsets.UTF_8);
    }

    static void append(StringBuilder text, List<Object> cells) {
        for (var i = 0; i < cells.size(); i++) {
            if (i > 0) {
                text.append(',');
            }
            text.append(
                    cells.get(i) instanceof String words
                            ? cell(words)
                            : cells.get(i).toString());
        }
        text.append("\r\n");
    }

    /** A spreadsheet takes what begins so for a formula, and clients choose names of models and agents: an apostrophe makes it text. */
    private static String cell(String text) {
        var safe = !text.isEmpty() && "=+-@\t\r\n".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
        var isPlain = safe.chars().noneMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
        return isPlain ? safe : '"' + safe.replace("\"", "\"\"") + '"';
    }
}
