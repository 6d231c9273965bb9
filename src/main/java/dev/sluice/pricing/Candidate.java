package dev.sluice.pricing;

import java.math.BigDecimal;

/**
 * A key of the price table that may hold a model's price.
 *
 * @param factor     on the cost of tokens
 * @param batch      the model's name itself asks for the batch rate
 * @param searchList whose default price for a web search holds when the entry has none
 */
record Candidate(String key, BigDecimal factor, boolean batch, CostBasis searchList) {
    static Candidate of(String key, CostBasis basis) {
        return new Candidate(key, BigDecimal.ONE, false, basis);
    }

    Candidate times(BigDecimal more) {
        return new Candidate(key, factor.multiply(more), batch, searchList);
    }

    Candidate inBatch() {
        return new Candidate(key, factor, true, searchList);
    }
}
