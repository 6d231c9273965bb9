package dev.sluice.wire.gemini;

import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.AnswerTally;
import dev.sluice.wire.ErrorFields;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.JsonText;
import dev.sluice.wire.Usage;
import dev.sluice.wire.gemini.GenerateContentAnswers.Field;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Gemini's answers tell. A candidate may give its index behind its content and a part may say behind its text that it is a thought, so
 * each is counted when it closes, and everything is taken over when its event has ended.
 */
final class GenerateContentTally extends AnswerTally<Field> {
    /** Nobody answers with more candidates, or calls more tools in one event; those beyond are not followed. */
    private static final int MOST = 1_024;

    private final BitSet candidatesSeen = new BitSet();
    private final BitSet candidatesFinished = new BitSet();
    private boolean firstFinished;
    private boolean promptBlocked;
    private final OpenCalls openCalls;
    private long searches;

    // The current event.
    private final GenerateContentUsage counts = new GenerateContentUsage();
    private int candidatesInEvent;
    private long eventText;
    private long eventOutput;
    private long eventSearches;
    private List<CallPiece> calledPieces = List.of();
    private int keptArguments;
    private List<Finish> finishes = List.of();
    private @Nullable String blocked;
    private boolean embedded;
    private long embeddedTokens;
    private @Nullable Long counted;
    private boolean errorTold;
    private ErrorFields errorFields = new ErrorFields();

    // The current candidate and part.
    private boolean candidateOpen;
    private int candidate;
    private long candidateText;
    private @Nullable String finish;
    private int firstPiece;
    private boolean partOpen;
    private long partText;
    private boolean thought;
    private @Nullable CallPiece piece;

    private record Finish(int candidate, String reason) {}

    /** @param serviceTier the tier that the answer's head tells; the body may know better */
    GenerateContentTally(@Nullable String serviceTier) {
        this.serviceTier = serviceTier;
        this.openCalls = new OpenCalls(calls);
    }

    @Override
    public void begin(Field field) {
        switch (field) {
            case EVENT -> beginEvent();
            case CANDIDATE -> beginCandidate();
            case PART -> beginPart();
            case CALL -> beginCall();
            case PARTIAL_ARGUMENT -> {
                if (piece != null) {
                    piece.beginPiece();
                }
            }
            case PROMPT_PART, CACHED_PART, TOOL_PROMPT_PART, CANDIDATES_PART -> counts.beginModality();
            case EMBEDDING, PREDICTION -> embedded = true;
            case ERROR -> errorTold = true;
            default -> {}
        }
    }

    @Override
    public void end(Field field) {
        switch (field) {
            case CANDIDATE -> endCandidate();
            case PART -> endPart();
            case PARTIAL_ARGUMENT -> {
                if (piece != null) {
                    piece.endPiece();
                }
            }
            case PROMPT_PART, CACHED_PART, TOOL_PROMPT_PART, CANDIDATES_PART -> counts.endModality(field);
            default -> {}
        }
    }

    @Override
    public void string(Field field, JsonText text) {
        switch (field) {
            case TEXT -> partText += text.characters();
            case CODE -> eventOutput += text.characters();
            case MODEL -> model = known(model, text);
            case ID -> responseId = known(responseId, text);
            case FINISH_REASON ->
                finish = text.isEmpty() || text.is("FINISH_REASON_UNSPECIFIED") ? null : text.toString();
            case BLOCK_REASON ->
                blocked = text.isEmpty() || text.is("BLOCKED_REASON_UNSPECIFIED") ? null : text.toString();
            case SEARCHES -> eventSearches = Math.max(eventSearches, strings(text));
            case MODALITY -> counts.modality(text.toString());
            case SERVICE_TIER ->
                serviceTier = text.isEmpty() || text.is("TRAFFIC_TYPE_UNSPECIFIED") ? serviceTier : text.toString();
            case CALL_ID, CALL_NAME, CALL_ARGUMENTS, ARGUMENT_PATH, ARGUMENT_TEXT -> tellCall(field, text);
            case ERROR, ERROR_STATUS, ERROR_CODE, ERROR_MESSAGE -> tellError(field, text);
            default -> {}
        }
    }

    @Override
    public void number(Field field, JsonText text) {
        switch (field) {
            case CANDIDATE_INDEX -> candidate = (int) Math.min(Math.max(text.count(), 0), MOST);
            case ARGUMENT_NUMBER -> {
                if (piece != null) {
                    piece.json(text.toString());
                    eventOutput += text.toString().length();
                }
            }
            case MODALITY_TOKENS -> counts.modalityTokens(text.count());
            case EMBEDDED_TOKENS -> embeddedTokens += Math.max(0, text.count());
            case COUNTED_TOKENS -> counted = text.count() < 0 ? null : (Long) text.count();
            case ERROR_CODE -> errorFields.code(text);
            default -> counts.tell(field, text.count());
        }
    }

    @Override
    public void truth(Field field, boolean value) {
        switch (field) {
            case THOUGHT -> thought = value;
            case ARGUMENT_TRUTH -> {
                if (piece != null) {
                    piece.json(Boolean.toString(value));
                }
            }
            default -> {}
        }
    }

    private void beginEvent() {
        counts.clear();
        candidatesInEvent = 0;
        eventText = 0;
        eventOutput = 0;
        eventSearches = 0;
        keptArguments = 0;
        blocked = null;
        embedded = false;
        embeddedTokens = 0;
        counted = null;
        candidateOpen = false;
        partOpen = false;
        piece = null;
        if (!calledPieces.isEmpty()) {
            calledPieces = List.of();
        }
        if (!finishes.isEmpty()) {
            finishes = List.of();
        }
        if (errorTold || !errorFields.isEmpty()) {
            errorTold = false;
            errorFields = new ErrorFields();
        }
    }

    private void beginCandidate() {
        candidateOpen = true;
        // The place in the array stands in for an index that is not told.
        candidate = candidatesInEvent++;
        candidateText = 0;
        finish = null;
        firstPiece = calledPieces.size();
    }

    private void endCandidate() {
        endPart();
        if (!candidateOpen) {
            return;
        }
        candidateOpen = false;
        eventText += candidate == 0 ? candidateText : 0;
        for (int i = firstPiece; i < calledPieces.size(); i++) {
            calledPieces.get(i).candidate = candidate;
        }
        if (candidate < MOST) {
            candidatesSeen.set(candidate);
        }
        if (finish != null) {
            if (finishes.isEmpty()) {
                finishes = new ArrayList<>(1);
            }
            finishes.add(new Finish(candidate, finish));
        }
    }

    private void beginPart() {
        endPart();
        partOpen = true;
        partText = 0;
        thought = false;
        piece = null;
    }

    private void endPart() {
        if (!partOpen) {
            return;
        }
        partOpen = false;
        eventOutput += partText;
        candidateText += thought ? 0 : partText;
        if (piece != null && calledPieces.size() < MOST) {
            if (calledPieces.isEmpty()) {
                calledPieces = new ArrayList<>(1);
            }
            calledPieces.add(piece);
        }
        piece = null;
    }

    private void beginCall() {
        piece = new CallPiece();
    }

    private void tellCall(Field field, JsonText text) {
        var called = piece;
        if (called == null) {
            return;
        }
        switch (field) {
            case CALL_ID -> called.id = text.isEmpty() ? null : text.toString();
            case CALL_NAME -> {
                called.name = text.isEmpty() ? null : text.toString();
                eventOutput += text.toString().length();
            }
            case ARGUMENT_PATH -> called.path(text.toString());
            case ARGUMENT_TEXT -> {
                called.text(kept(text));
                eventOutput += text.characters();
            }
            default -> {
                called.arguments = kept(text);
                eventOutput += called.arguments.length == 2 ? 0 : text.characters();
            }
        }
    }

    private byte[] kept(JsonText text) {
        var bytes = text.toBytes(AnswerReader.MAX_ARGUMENT_BYTES - keptArguments);
        keptArguments += bytes.length;
        return bytes;
    }

    private void tellError(Field field, JsonText text) {
        switch (field) {
            case ERROR -> {
                errorTold |= !text.isEmpty();
                errorFields.message(text);
            }
            case ERROR_STATUS -> errorFields.type(text);
            case ERROR_CODE -> errorFields.code(text);
            default -> errorFields.message(text);
        }
    }

    @Override
    protected void commit(boolean namedError) {
        endCandidate();
        textChars += eventText;
        outputChars += eventOutput;
        calledPieces.forEach(openCalls::take);
        finishes.forEach(this::finish);
        if (blocked != null) {
            promptBlocked = true;
            finishReasonRaw = blocked;
        }
        if (finishReasonRaw != null) {
            openCalls.close();
            finishReason = reason(finishReasonRaw);
        } else if (embedded) {
            finishReason = FinishReason.STOP;
        }
        finished = promptBlocked
                || (finishReasonRaw != null && candidatesFinished.cardinality() == candidatesSeen.cardinality());
        countedTokens = counted == null ? countedTokens : counted;
        commitUsage();
        if (error == null && (errorTold || namedError)) {
            error = errorFields.toError();
        }
    }

    // Searches are told with the sources, mostly at the end; told again, they are the same ones.
    private void commitUsage() {
        var more = Math.max(searches, eventSearches);
        if (counts.isTold()) {
            usage = counts.toUsage(more);
        } else if (usage != null && more > searches) {
            usage = usage.withWebSearches(more);
        } else if (usage == null && embeddedTokens > 0) {
            usage = Usage.ofText(embeddedTokens, 0);
        }
        searches = more;
    }

    private void finish(Finish told) {
        if (told.candidate < MOST) {
            candidatesFinished.set(told.candidate);
        }
        // The first candidate speaks for the answer; another one does until it has spoken.
        if (told.candidate == 0 || (!firstFinished && finishReasonRaw == null)) {
            firstFinished |= told.candidate == 0;
            finishReasonRaw = told.reason;
        }
    }

    private FinishReason reason(String raw) {
        if (promptBlocked) {
            return FinishReason.CONTENT_FILTER;
        }
        return switch (raw) {
            case "STOP" -> calls.isEmpty() ? FinishReason.STOP : FinishReason.TOOL_CALLS;
            case "MAX_TOKENS" -> FinishReason.LENGTH;
            case "SAFETY",
                    "RECITATION",
                    "BLOCKLIST",
                    "PROHIBITED_CONTENT",
                    "SPII",
                    "MODEL_ARMOR",
                    "IMAGE_SAFETY",
                    "IMAGE_PROHIBITED_CONTENT",
                    "IMAGE_RECITATION" -> FinishReason.CONTENT_FILTER;
            default -> FinishReason.OTHER;
        };
    }

    /** How many strings an array of them has, as it stands. */
    private static long strings(JsonText array) {
        var count = 0;
        var inside = false;
        var text = array.toString();
        for (int i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            if (c == '"') {
                count += inside ? 0 : 1;
                inside = !inside;
            } else if (inside && c == '\\') {
                i++;
            }
        }
        return count;
    }
}
