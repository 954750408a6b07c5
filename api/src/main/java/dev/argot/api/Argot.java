package dev.argot.api;

import dev.argot.api.adaptation.AdaptationListener;
import dev.argot.api.adaptation.AdaptationPlan;
import dev.argot.api.adaptation.AdaptationResult;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Reports;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationSpec;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.FineTuningResult;
import dev.argot.api.finetuning.FineTuningSpec;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.ShotSweep;
import dev.argot.api.prompt.ShotSweepSpec;
import dev.argot.api.retrieval.Retriever;
import dev.argot.api.retrieval.RetrieverSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;

/**
 * The entrance: opens models by name, and curates texts to train on.
 *
 * {@snippet class="dev.argot.conformance.Snippets" region="complete"}
 *
 * <p>A model's name is, in this order: {@code "default"} (see {@link #DEFAULT_MODEL}); a path of a Hugging Face folder, of a bundle, of a
 * PEFT adapter (its base model is found by the name it gives), of a GGUF file, or of a zip, wheel or tar that holds one of these;
 * {@code "stories260k"}, the tiny model shipped with Argot; a Hub id such as {@code "HuggingFaceTB/SmolLM2-135M"}, downloaded on first
 * use and then kept in the cache.
 *
 * <p>Thread-safe. Closing it closes every model that was loaded through it and is still open, and the engines.
 */
public interface Argot extends AutoCloseable {
    /** The Hub id of the model behind the name {@code "default"}. */
    String DEFAULT_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct";

    /** Opens Argot with {@link ArgotOptions#DEFAULT}. */
    static Argot open() {
        return open(ArgotOptions.DEFAULT);
    }

    /**
     * Opens Argot.
     *
     * @param options cache, threads, notices
     * @throws ProviderException if no runtime is on the module path or class path
     */
    static Argot open(ArgotOptions options) {
        return ServiceLoader.load(ArgotRuntime.class)
                .findFirst()
                .or(() -> ServiceLoader.load(ArgotRuntime.class, Argot.class.getClassLoader())
                        .findFirst())
                .orElseThrow(
                        () -> new ProviderException(
                                "No provider of " + ArgotRuntime.class.getName()
                                        + " found. Add the module dev.argot.core (artifact dev.argot:argot-core, part of dev.argot:argot)."))
                .open(options);
    }

    /**
     * Loads a model with {@link LoadOptions#DEFAULT}.
     *
     * @param <M> the kind of model
     * @param kind the kind of model, such as {@code CausalModel.class}
     * @param name the model's name, see above
     * @throws ModelNotFoundException if there is no such model
     * @throws FileFormatException if a file of it is malformed
     * @throws UnsupportedArchitectureException if no plug-in describes its architecture
     * @throws ArgotException if the checkpoint is of another kind
     */
    default <M extends Model> M load(Class<M> kind, String name) {
        return load(kind, name, LoadOptions.DEFAULT);
    }

    /**
     * Loads a model. The caller closes it.
     *
     * @param <M> the kind of model
     * @param kind the kind of model, such as {@code CausalModel.class}
     * @param name the model's name, see above
     * @param options precision, engine, device, network
     * @throws ModelNotFoundException if there is no such model
     * @throws FileFormatException if a file of it is malformed
     * @throws UnsupportedArchitectureException if no plug-in describes its architecture
     * @throws ArgotException if the checkpoint is of another kind
     */
    <M extends Model> M load(Class<M> kind, String name, LoadOptions options);

    /**
     * Describes a model without loading its weights: architecture, parameters, memory.
     *
     * @param name the model's name, see above
     * @param offline whether the network is forbidden
     */
    ModelDescription describe(String name, boolean offline);

    /**
     * Opens just the tokenizer of a model.
     *
     * @param name the model's name, see above
     * @param offline whether the network is forbidden
     */
    Tokenizer tokenizer(String name, boolean offline);

    /**
     * Measures a model, without listener or cancellation.
     *
     * @param model the model
     * @param spec what is measured
     * @throws ProviderException if the spec names a domain that is not there
     * @throws ArgotException if the domain has no such task, a held-out text has no document of two tokens, or the model is of a kind
     *     that the spec does not fit
     */
    default Evaluation evaluate(Model model, EvaluationSpec spec) {
        return evaluate(model, spec, EvaluationListener.NONE, CancellationToken.never());
    }

    /**
     * Measures a model. The same spec gives the same items and intervals, so that evaluations can be {@link #compare compared}. Held-out
     * texts are measured as fits the model: {@link Evaluation#texts perplexity} of one that continues texts,
     * {@link Evaluation#hiddenTokens hidden tokens} of encoders and encoder-decoders. Tasks and instructions need a {@link CausalModel}.
     *
     * @param model a {@link CausalModel}, {@link MaskedModel} or {@link Seq2SeqModel} that was loaded through this
     * @param spec what is measured
     * @param listener is told how far it is, on the calling thread
     * @param cancellation looked at before each document and batch of items
     * @throws ProviderException if the spec names a domain that is not there
     * @throws ArgotException if the domain has no such task, a held-out text has no document of two tokens, or the model is of a kind
     *     that the spec does not fit
     * @throws java.util.concurrent.CancellationException if it was cancelled
     */
    Evaluation evaluate(Model model, EvaluationSpec spec, EvaluationListener listener, CancellationToken cancellation);

    /**
     * Puts two evaluations of the same spec side by side.
     *
     * @param before what is compared with
     * @param after what is compared
     * @throws ArgotException if a task was measured on different items
     */
    Comparison compare(Evaluation before, Evaluation after);

    /** Writes and reads reports. */
    Reports reports();

    /**
     * Prepares to put items to a model, zero-, one- or few-shot.
     *
     * {@snippet class="dev.argot.conformance.Snippets" region="few-shot"}
     *
     * @param model answers; not closed with the prompter, and must stay open as long as it is used
     * @param spec template, answer, exemplars and how they are chosen
     * @throws ArgotException if the layout needs a chat template and the model has none, or a domain is named that is not there
     */
    Prompter prompter(GenerativeModel model, PromptSpec spec);

    /**
     * Indexes documents to search for passages. The caller closes the retriever.
     *
     * {@snippet class="dev.argot.conformance.Snippets" region="retrieval"}
     *
     * @param spec documents and how they are searched
     * @throws ProviderException if a domain is named that is not there, or no plug-in searches
     * @throws ArgotException if two documents have the same id
     */
    Retriever retriever(RetrieverSpec spec);

    /**
     * Reads documents of files and folders, to be searched: all of them into memory.
     *
     * @param source where they are read from, and how
     * @return in the order of the source; empty where its files are
     * @throws FileFormatException if a file is malformed
     * @throws ArgotException if a path does not exist or cannot be read
     */
    List<Document> documents(CorpusSource source);

    /**
     * Measures how many exemplars a task wants.
     *
     * @param model answers
     * @param spec task, numbers of shots, repeats
     * @param listener is told how far it is
     * @param cancellation looked at before each batch of items
     * @throws java.util.concurrent.CancellationException if it was cancelled
     */
    ShotSweep sweep(
            GenerativeModel model, ShotSweepSpec spec, EvaluationListener listener, CancellationToken cancellation);

    /** The names of the domains that plug-ins bring along, in alphabetical order. */
    List<String> domains();

    /**
     * Opens the domain of a plug-in. One without a plug-in is made with {@link Domain#builder}.
     *
     * @param name the domain's name, such as {@code "legal"}
     * @throws ProviderException if no plug-in brings it along; the message names those there are
     * @throws FileFormatException if its data is malformed
     */
    Domain domain(String name);

    /**
     * Writes a model as a plain Hugging Face folder, in the number format it is stored in: a bundle or a PEFT adapter with the adapter
     * merged into the weights, a GGUF file converted. Merging into 16-bit weights rounds what the adapter adds; {@link #export} with
     * {@link Precision#FLOAT32} does not.
     *
     * @param model the model's name, see above
     * @param folder the folder to make; must not exist or be empty
     * @throws ArgotException if the folder is in the way or cannot be written, or the model cannot be read; nothing is left behind
     */
    default void merge(String model, Path folder) {
        export(model, folder, ExportOptions.DEFAULT);
    }

    /**
     * Writes a model as a plain Hugging Face folder: {@code config.json}, {@code model.safetensors} (in shards when large),
     * {@code generation_config.json}, the tokenizer's files and a model card. No engine is needed, and the weights are never in memory
     * as a whole.
     *
     * @param model the model's name, see above
     * @param folder the folder to make; must not exist or be empty
     * @param options number format, network
     * @throws ArgotException if the folder is in the way or cannot be written, or the model cannot be read; nothing is left behind
     */
    void export(String model, Path folder, ExportOptions options);

    /**
     * Compares every file of a bundle with the SHA-256 it was written with.
     *
     * @param bundle the bundle's folder
     * @return what is wrong, if anything
     * @throws FileFormatException if the folder is no bundle: it has no {@code SHA256SUMS}
     */
    Verification verify(Path bundle);
    /**
     * Works out what an adaptation will take, without changing anything: reads and tokenizes the corpus, loads the model and times a
     * step.
     *
     * @param spec what shall be done
     * @throws ArgotException if the spec, the model or the corpus is unfit
     */
    AdaptationPlan plan(AdaptationSpec spec);

    /**
     * Adapts a model, without listener or cancellation.
     *
     * @param spec what shall be done
     * @throws ArgotException if the spec, the model or the corpus is unfit, memory does not suffice, a step is not applied and the run
     *     shall stop then, or something cannot be written
     */
    default AdaptationResult adapt(AdaptationSpec spec) {
        return adapt(spec, AdaptationListener.none(), CancellationToken.never());
    }

    /**
     * Adapts a model: curates and tokenizes texts, measures, trains, measures again and writes a bundle, which appears whole or not at
     * all. {@code model} of every other method takes the bundle's folder.
     *
     * @param spec what shall be done
     * @param listener is told what happens, on this thread
     * @param cancellation looked at before each step; a cancelled run leaves a checkpoint to go on from
     * @throws ArgotException if the spec, the model or the corpus is unfit, memory does not suffice, a step is not applied and the run
     *     shall stop then, or something cannot be written
     */
    AdaptationResult adapt(AdaptationSpec spec, AdaptationListener listener, CancellationToken cancellation);

    /**
     * Reads labelled items: JSON lines ({@code .jsonl}, {@code .ndjson}), or for tagged words also columns as CoNLL has them (any other
     * name).
     *
     * <p>Keys of JSON lines, further ones are passed over: {@code id} (else file and line); for {@link LabelledText} {@code text} (or
     * {@code sentence}, {@code premise}), for pairs {@code text_pair} (or {@code hypothesis}), and {@code label} (a class, as a string or an integer), {@code labels} (a list of classes), {@code score} (a
     * number) or {@code scores} (an object of numbers); for {@link TaggedText} {@code words} (or {@code tokens}) and {@code tags} (or
     * {@code ner_tags}), lists of strings; for {@link AnsweredQuestion} {@code question}, {@code context} (or {@code passage}) and
     * {@code answers} (as SQuAD has them: an object of the lists {@code text} and {@code answer_start}, or a list of objects with both;
     * starts count code points), or {@code answer}, a string that is looked for in the passage.
     *
     * <p>Columns: a line for each word, its first column the word, its last the tag, parted by blanks or tabs; a blank line ends a
     * sentence, lines that begin with {@code -DOCSTART-} are passed over.
     *
     * @param <T> the kind of item
     * @param kind the kind of item
     * @param file UTF-8
     * @return the items, at least one
     * @throws FileFormatException if the file is malformed or has no item; the message names the line and the key
     */
    <T extends LabelledItem> List<T> readLabelled(Class<T> kind, Path file);

    /**
     * Measures a task head on labelled items.
     *
     * @param model a {@link SequenceClassifier} for {@link LabelledText}, a {@link TokenClassifier} for {@link TaggedText}, a
     *     {@link QuestionAnswerer} for {@link AnsweredQuestion}
     * @param items what is measured; at least one
     * @throws ArgotException if the items are of another kind than the model, or have a label that it does not know
     */
    default HeadEvaluation evaluate(Model model, List<? extends LabelledItem> items) {
        return evaluate(model, items, EvaluationListener.NONE, CancellationToken.never());
    }

    /**
     * Measures a task head on labelled items.
     *
     * @param model as for {@link #evaluate(Model, List)}
     * @param items what is measured; at least one
     * @param listener is told how far it is, on the calling thread
     * @param cancellation looked at from time to time
     * @throws ArgotException if the items are of another kind than the model, or have a label that it does not know
     * @throws java.util.concurrent.CancellationException if it was cancelled
     */
    HeadEvaluation evaluate(
            Model model,
            List<? extends LabelledItem> items,
            EvaluationListener listener,
            CancellationToken cancellation);

    /**
     * Fine-tunes an encoder with a task head, without listener or cancellation.
     *
     * @param spec what shall be done
     * @throws ArgotException if the model cannot have such a head, items do not fit, a step is not finite, or something cannot be written
     */
    default FineTuningResult fineTune(FineTuningSpec spec) {
        return fineTune(spec, AdaptationListener.none(), CancellationToken.never());
    }

    /**
     * Fine-tunes an encoder with a task head: trains, measures validation items after each epoch, keeps the best, measures test items and
     * writes a folder, which appears whole or not at all. The folder is a Hugging Face model, or with LoRA a PEFT adapter with the head
     * among its {@code modules_to_save}; {@link #load} takes it by the kind of the task.
     *
     * @param spec what shall be done
     * @param listener is told what happens, on this thread
     * @param cancellation looked at before each step
     * @throws ArgotException if the model cannot have such a head, items do not fit, a step is not finite, or something cannot be written
     * @throws java.util.concurrent.CancellationException if it was cancelled; nothing is left behind
     */
    FineTuningResult fineTune(FineTuningSpec spec, AdaptationListener listener, CancellationToken cancellation);

    /**
     * Chooses and cleans documents to train on. What is written appears all at once, when the work is done.
     *
     * @param spec what is curated, and how
     * @return what was kept, what was dropped, and why
     * @throws FileFormatException if a file is malformed; the message names it and the place
     * @throws ProviderException if there is no step of a name in the rules
     * @throws ArgotException if a file can't be read or written, a setting is wrong, the output folder isn't empty or the work was
     *     cancelled
     */
    CurationReport curate(CurationSpec spec);

    /** What plug-ins were found, the broken ones with the reason. */
    List<ProviderInfo> providers();

    /** Closes every model that is still open, and the engines. Idempotent. */
    @Override
    void close();

    /**
     * A plug-in that was found.
     *
     * @param kind what it provides, such as {@code "engine"}
     * @param name its name
     * @param origin its module, or the jar or folder it came from
     * @param available whether it can be used here
     * @param remark version and device, or the reason why it cannot be used
     */
    record ProviderInfo(String kind, String name, String origin, boolean available, String remark) {}
}
