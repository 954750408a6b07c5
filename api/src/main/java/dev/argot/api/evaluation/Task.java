package dev.argot.api.evaluation;

import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptTemplate;
import java.util.List;

/**
 * Something a model is asked to do, with labelled items to measure how well it does it. Exemplars and items have no id in common.
 *
 * @param name short, stable, lower-case, unique in its domain, such as {@code "title-classification"}
 * @param title the name for a reader
 * @param answer what an answer looks like
 * @param template how the prompt is laid out
 * @param exemplars items that may be shown with their answers, the most typical first
 * @param items items to measure on
 * @param source id of the {@link dev.argot.api.DataSource} of the items
 */
public record Task(
        String name,
        String title,
        Answer answer,
        PromptTemplate template,
        List<Example> exemplars,
        List<Example> items,
        String source) {
    /** Copies the lists. */
    public Task {
        exemplars = List.copyOf(exemplars);
        items = List.copyOf(items);
    }

    /** What an answer looks like, and how it is judged. */
    public sealed interface Answer {
        /**
         * One of several labels: the one the model finds most likely. Judged by accuracy and macro-F1.
         *
         * @param labels the labels
         */
        record Choice(List<String> labels) implements Answer {
            /** Copies the list. */
            public Choice {
                labels = List.copyOf(labels);
            }
        }

        /**
         * Text up to the end of a line. Judged by exact match and token F1 (Rajpurkar et al. 2016), case, punctuation and articles
         * aside.
         *
         * @param maxTokens the most tokens generated
         */
        record Text(int maxTokens) implements Answer {}
    }
}
