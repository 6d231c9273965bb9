package dev.sluice;

/** The front door: command line and composition; decides nothing. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {}
}
