package dev.argot.examples.cli;

import dev.argot.api.ArgotException;
import dev.argot.api.Domain;
import dev.argot.api.evaluation.Task;

/** Finds tasks by name. */
final class Tasks {
    private Tasks() {}

    /**
     * A task of a domain.
     *
     * @throws ArgotException if it has no such task; the message names those it has
     */
    static Task find(Domain domain, String name) {
        return domain.task(name)
                .orElseThrow(() ->
                        new ArgotException("The domain '" + domain.name() + "' has no task '" + name + "'. Its tasks: "
                                + domain.tasks().stream().map(Task::name).toList() + "."));
    }
}
