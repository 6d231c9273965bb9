package dev.sluice.wire.chat;

import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.AnswerTally;
import dev.sluice.wire.Counts;
import dev.sluice.wire.ErrorFields;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.JsonText;
import dev.sluice.wire.chat.ChatAnswers.Field;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What chat completions tell. A choice may give its index behind its text and a call its index behind its arguments, so a
 * choice is counted when it closes and everything is taken over when its event has ended.
 */
final class ChatTally extends AnswerTally<Field> {
    /** Nobody answers with more choices; those beyond are not followed. */
    private static final int MAX_CHOICES = 1024;

    private static final long LEGACY_CALL = -1;

    private final BitSet choicesSeen = new BitSet();
    private final BitSet choicesFinished = new BitSet();
    private boolean firstChoiceFinished;

    // The current event.
    private boolean choicesTold;
    private int choicesInEvent;
    private final Counts<Field> counts = new Counts<>(Field.class);
    private boolean errorTold;
    private ErrorFields errorFields = new ErrorFields();
    private ErrorFields flatFields = new ErrorFields();
    private boolean flatError;
    private long eventText;
    private long eventOutput;
    private @Nullable BigDecimal cost;
    private List<CallPiece> calledPieces = List.of();
    private int keptArguments;
    private List<Finish> finishes = List.of();

    // The current choice.
    private boolean choiceOpen;
    private int choice;
    private long content;
    private long reasoning;
    private long reasoningContent;
    private long otherOutput;
    private @Nullable String finish;
    private int firstPiece;

    private @Nullable CallPiece piece;

    private record Finish(int choice, String reason) {}

    @Override
    public void array(Field field) {
        choicesTold |= field == Field.CHOICE;
    }

    @Override
    public void begin(Field field) {
        switch (field) {
            case EVENT -> beginEvent();
            case CHOICE -> beginChoice();
            case CALL -> piece = new CallPiece(CallPiece.UNTOLD);
            case LEGACY_CALL -> piece = new CallPiece(LEGACY_CALL);
            case CUSTOM_TOOL -> {
                if (piece != null) {
                    piece.json = false;
                }
            }
            case ERROR -> errorTold = true;
            default -> {}
        }
    }

    @Override
    public void end(Field field) {
        switch (field) {
            case CHOICE -> endChoice();
            case CALL, LEGACY_CALL -> endPiece();
            default -> {}
        }
    }

    @Override
    public void string(Field field, JsonText text) {
        switch (field) {
            case CONTENT -> content += text.characters();
            case REASONING -> reasoning += text.characters();
            case REASONING_CONTENT -> reasoningContent += text.characters();
            case OTHER_OUTPUT -> otherOutput += text.characters();
            case ID -> responseId = known(responseId, text);
            case MODEL -> model = known(model, text);
            case SERVICE_TIER -> serviceTier = text.is("auto") ? serviceTier : known(serviceTier, text);
            case FINISH_REASON -> finish = text.isEmpty() ? finish : text.toString();
            case CALL_ID, FUNCTION_NAME, FUNCTION_ARGUMENTS -> tellPiece(field, text);
            case ERROR, ERROR_MESSAGE, ERROR_TYPE, ERROR_CODE -> tellError(field, text);
            case FLAT_OBJECT -> flatError |= text.is("error");
            case FLAT_TYPE -> flatFields.type(text);
            case FLAT_CODE -> flatFields.code(text);
            case FLAT_MESSAGE -> flatFields.message(text);
            default -> {}
        }
    }

    @Override
    public void number(Field field, JsonText text) {
        switch (field) {
            case CHOICE_INDEX -> choice = (int) Math.min(Math.max(text.count(), 0), MAX_CHOICES);
            case CALL_INDEX -> {
                if (piece != null) {
                    piece.index = text.count();
                }
            }
            case ERROR_CODE -> errorFields.code(text);
            case FLAT_CODE -> flatFields.code(text);
            case COST -> cost = text.decimal();
            default -> counts.tell(field, text.count());
        }
    }

    private void beginEvent() {
        choicesTold = false;
        choicesInEvent = 0;
        counts.clear();
        eventText = 0;
        eventOutput = 0;
        cost = null;
        choiceOpen = false;
        keptArguments = 0;
        if (!calledPieces.isEmpty()) {
            calledPieces = List.of();
        }
        if (!finishes.isEmpty()) {
            finishes = List.of();
        }
        if (errorTold || flatError || !errorFields.isEmpty() || !flatFields.isEmpty()) {
            errorTold = false;
            flatError = false;
            errorFields = new ErrorFields();
            flatFields = new ErrorFields();
        }
    }

    private void beginChoice() {
        choiceOpen = true;
        // The place in the array stands in for an index that is not told.
        choice = choicesInEvent++;
        content = 0;
        reasoning = 0;
        reasoningContent = 0;
        otherOutput = 0;
        finish = null;
        firstPiece = calledPieces.size();
        piece = null;
    }

    private void endChoice() {
        choiceOpen = false;
        eventText += choice == 0 ? content : 0;
        // vLLM sends the same reasoning under two names.
        eventOutput += content + Math.max(reasoning, reasoningContent) + otherOutput;
        for (int i = firstPiece; i < calledPieces.size(); i++) {
            var call = calledPieces.get(i);
            call.choice = choice;
            eventOutput += call.characters;
        }
        if (choice < MAX_CHOICES) {
            choicesSeen.set(choice);
        }
        if (finish != null) {
            if (finishes.isEmpty()) {
                finishes = new ArrayList<>(1);
            }
            finishes.add(new Finish(choice, finish));
        }
    }

    private void tellPiece(Field field, JsonText text) {
        var called = piece;
        if (called == null) {
            return;
        }
        switch (field) {
            case CALL_ID -> called.id = text.isEmpty() ? null : text.toString();
            case FUNCTION_NAME -> called.name = text.isEmpty() ? null : text.toString();
            default -> {
                called.arguments = text.toBytes(AnswerReader.MAX_ARGUMENT_BYTES - keptArguments);
                keptArguments += called.arguments.length;
                called.characters = text.characters();
            }
        }
    }

    private void endPiece() {
        if (piece != null && calledPieces.size() < MAX_CHOICES) {
            if (calledPieces.isEmpty()) {
                calledPieces = new ArrayList<>(1);
            }
            calledPieces.add(piece);
        }
        piece = null;
    }

    private void tellError(Field field, JsonText text) {
        switch (field) {
            case ERROR -> {
                errorTold |= !text.isEmpty();
                errorFields.message(text);
            }
            case ERROR_TYPE -> errorFields.type(text);
            case ERROR_CODE -> errorFields.code(text);
            default -> errorFields.message(text);
        }
    }

    @Override
    protected boolean onlyUsage() {
        return choicesTold && choicesInEvent == 0 && ChatUsage.isToldBy(counts) && !errorTold;
    }

    @Override
    protected void commit(boolean namedError) {
        if (choiceOpen) {
            endChoice();
        }
        textChars += eventText;
        outputChars += eventOutput;
        for (var called : calledPieces) {
            called.addTo(calls);
        }
        finishes.forEach(this::finish);
        finished = !choicesFinished.isEmpty() && choicesFinished.cardinality() == choicesSeen.cardinality();
        if (ChatUsage.isToldBy(counts)) {
            usage = ChatUsage.of(counts);
            reportedCostUsd = cost == null ? reportedCostUsd : cost;
        }
        commitError(namedError);
    }

    private void finish(Finish told) {
        if (told.choice < MAX_CHOICES) {
            choicesFinished.set(told.choice);
        }
        // The first choice speaks for the answer; another one does until it has spoken.
        if (told.choice == 0 || (!firstChoiceFinished && finishReasonRaw == null)) {
            firstChoiceFinished |= told.choice == 0;
            finishReasonRaw = told.reason;
            finishReason = reason(told.reason);
        }
    }

    private static FinishReason reason(String raw) {
        return switch (raw) {
            case "stop" -> FinishReason.STOP;
            case "length" -> FinishReason.LENGTH;
            case "tool_calls", "function_call" -> FinishReason.TOOL_CALLS;
            case "content_filter" -> FinishReason.CONTENT_FILTER;
            case "error" -> FinishReason.ERROR;
            default -> FinishReason.OTHER;
        };
    }

    private void commitError(boolean namedError) {
        if (error != null) {
            return;
        }
        if (errorTold) {
            error = errorFields.toError();
        } else if (flatError || namedError || isFrontError()) {
            error = flatFields.toError();
        }
    }

    // What stands before a provider answers with a bare message: {"statusCode":401,"message":"..."}.
    private boolean isFrontError() {
        return flatFields.hasMessage() && !choicesTold && !ChatUsage.isToldBy(counts);
    }
}
