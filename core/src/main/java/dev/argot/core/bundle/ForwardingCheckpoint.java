package dev.argot.core.bundle;

import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import dev.argot.spi.SentenceSettings;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerData;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A checkpoint that is another but for what a subclass says. Closing it closes the other. */
public abstract class ForwardingCheckpoint implements Checkpoint {
    private final Checkpoint base;

    /**
     * A checkpoint on top of another.
     *
     * @param base the other
     */
    protected ForwardingCheckpoint(Checkpoint base) {
        this.base = base;
    }

    /** The checkpoint beneath. */
    public final Checkpoint base() {
        return base;
    }

    @Override
    public String format() {
        return base.format();
    }

    @Override
    public Path location() {
        return base.location();
    }

    @Override
    public Config config() {
        return base.config();
    }

    @Override
    public Optional<Config> generationConfig() {
        return base.generationConfig();
    }

    @Override
    public Optional<SentenceSettings> sentenceSettings() {
        return base.sentenceSettings();
    }

    @Override
    public Map<String, StoredTensor> tensors() {
        return base.tensors();
    }

    @Override
    public TokenizerData tokenizer() {
        return base.tokenizer();
    }

    @Override
    public String licence() {
        return base.licence();
    }

    @Override
    public void close() {
        base.close();
    }
}
