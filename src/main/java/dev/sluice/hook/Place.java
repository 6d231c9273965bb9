package dev.sluice.hook;

/** Where a letter lies in Cassandra. Its number changes when it is moved, and is its keeper's alone; the other two never do. */
final class Place {
    final Tenure tenure;

    /** Under which its body lies. */
    final int body;

    int number;

    Place(Tenure tenure, int number, int body) {
        this.tenure = tenure;
        this.number = number;
        this.body = body;
    }

    int bucket() {
        return Buckets.of(number);
    }
}
