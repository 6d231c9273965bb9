package dev.sluice.usage;

import java.util.Comparator;

/** A row of a roll-up by its key; dimensions that it does not have are 0. */
record Cell(long period, int user, int model, int provider, int agent, int tool) {
    static final Comparator<Cell> BY_PERIOD = Comparator.comparingLong(Cell::period)
            .thenComparingInt(Cell::user)
            .thenComparingInt(Cell::tool)
            .thenComparingInt(Cell::model)
            .thenComparingInt(Cell::provider)
            .thenComparingInt(Cell::agent);

    int at(Dimension dimension) {
        return switch (dimension) {
            case USER -> user;
            case MODEL -> model;
            case PROVIDER -> provider;
            case AGENT -> agent;
            case TOOL -> tool;
        };
    }

    Cell with(Dimension dimension, int number) {
        return switch (dimension) {
            case USER -> new Cell(period, number, model, provider, agent, tool);
            case MODEL -> new Cell(period, user, number, provider, agent, tool);
            case PROVIDER -> new Cell(period, user, model, number, agent, tool);
            case AGENT -> new Cell(period, user, model, provider, number, tool);
            case TOOL -> new Cell(period, user, model, provider, agent, number);
        };
    }

    /** Where it falls into a roll-up; its own period is an hour. */
    Cell in(Cube cube, Level level) {
        var dimensions = cube.dimensions();
        return new Cell(
                level.of(period),
                dimensions.contains(Dimension.USER) ? user : 0,
                dimensions.contains(Dimension.MODEL) ? model : 0,
                dimensions.contains(Dimension.PROVIDER) ? provider : 0,
                dimensions.contains(Dimension.AGENT) ? agent : 0,
                dimensions.contains(Dimension.TOOL) ? tool : 0);
    }
}
