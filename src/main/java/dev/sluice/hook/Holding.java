package dev.sluice.hook;

import dev.sluice.hook.Queues.Listed;

/** A queue that this process holds, as its keeper knows it. */
final class Holding {
    final Tenure tenure;

    /** Letters of it that are not done, as far as they are known. */
    final Buckets buckets = new Buckets();

    /** The number of the next letter, of one's own queue. */
    int next;

    /** As they stand in Cassandra, at least. */
    int oldest;

    int newest;

    /** When Cassandra forgets the queue; what is added must not live longer. In milliseconds since 1970. */
    long keptUntil;

    /** Of a queue that others have left: the bucket that is to be read next, and whether anything was taken from it. */
    int reading;

    boolean begun;
    boolean renewing;
    boolean marking;

    private Holding(Tenure tenure) {
        this.tenure = tenure;
    }

    static Holding made(Tenure tenure, long keptUntil) {
        var holding = new Holding(tenure);
        holding.keptUntil = keptUntil;
        holding.reading = Integer.MAX_VALUE;
        return holding;
    }

    static Holding left(Tenure tenure, Listed listed) {
        var holding = new Holding(tenure);
        holding.oldest = listed.oldest();
        holding.newest = listed.newest();
        holding.reading = listed.oldest();
        return holding;
    }

    boolean isRead() {
        return reading > newest;
    }

    /** The first bucket that has letters, or may get some. */
    int first() {
        return Math.min(buckets.oldest(Math.max(newest, Buckets.of(next))), reading);
    }

    /** A place for a letter that has none here. */
    void append(Letter letter) {
        var place = letter.place;
        if (place == null || place.tenure != tenure) {
            var number = next++;
            letter.place = new Place(tenure, number, number);
            buckets.put(number, letter);
        }
    }

    /** The bucket of the last letter. */
    int last() {
        return Buckets.of(Math.max(0, next - 1));
    }

    void done(Place place) {
        if (place.tenure == tenure) {
            buckets.remove(place.number);
        }
    }
}
