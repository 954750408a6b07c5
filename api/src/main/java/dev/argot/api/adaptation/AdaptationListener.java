package dev.argot.api.adaptation;

/** Hears what happens in an adaptation. */
@FunctionalInterface
public interface AdaptationListener {
    /**
     * Something happened. Called on the thread that runs the adaptation, which waits; an exception ends the run.
     *
     * @param event what
     */
    void onEvent(AdaptationEvent event);

    /** Hears nothing. */
    static AdaptationListener none() {
        return event -> {};
    }
}
