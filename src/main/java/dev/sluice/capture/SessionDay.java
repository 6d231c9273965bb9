package dev.sluice.capture;

import java.time.LocalDate;

/** What Cassandra stores captures by: nothing of what was said is shared beyond it. */
record SessionDay(String session, String login, LocalDate day) {}
