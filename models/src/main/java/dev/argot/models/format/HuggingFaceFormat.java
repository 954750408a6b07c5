package dev.argot.models.format;

import dev.argot.api.FileFormatException;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.Config;
import dev.argot.spi.SentenceSettings;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerData;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The folder that Hugging Face's libraries save: {@code config.json}, {@code model.safetensors} or shards with
 * {@code model.safetensors.index.json}, {@code generation_config.json}, the tokenizer's files. Where an index is there it leads.
 * Pickles ({@code pytorch_model.bin}, {@code *.pt}, {@code *.pth}) are refused, since reading one can run code.
 */
public final class HuggingFaceFormat implements CheckpointFormatProvider {
    static final String WEIGHTS = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";
    static final String CONFIG = "config.json";
    static final String GENERATION_CONFIG = "generation_config.json";

    private static final List<String> LAYER_COUNTS = List.of("num_hidden_layers", "n_layer", "num_layers", "n_layers");

    /** Made by the service loader. */
    public HuggingFaceFormat() {}

    @Override
    public String name() {
        return "huggingface";
    }

    @Override
    public boolean recognises(Path path) {
        if (!Files.isDirectory(path)) {
            return isPickle(path.getFileName().toString()) || isSafetensors(path);
        }
        var folder = new ModelFolder(path);
        return folder.has(CONFIG)
                || folder.has(WEIGHTS)
                || folder.has(INDEX)
                || !pickles(path).isEmpty();
    }

    @Override
    public Checkpoint open(Path path) {
        if (!Files.isDirectory(path)) {
            if (isPickle(path.getFileName().toString())) {
                throw pickle(path);
            }
            throw new FileFormatException(
                    path, "holds weights only. Name the folder that has it together with config.json.");
        }
        var folder = new ModelFolder(path);
        Set<String> pickles = pickles(path);
        boolean weights = folder.has(WEIGHTS) || folder.has(INDEX);
        if (!weights && !pickles.isEmpty()) {
            throw pickle(path.resolve(pickles.iterator().next()));
        }
        if (!folder.has(CONFIG)) {
            throw new FileFormatException(path, "expected " + CONFIG + ", but it is missing");
        }
        Config config = folder.config(CONFIG);
        config.string("model_type");
        if (!weights) {
            throw new FileFormatException(path, "expected " + WEIGHTS + " or " + INDEX + ", but both are missing");
        }
        Config generation = folder.optionalConfig(GENERATION_CONFIG).orElse(null);
        SentenceSettings sentences = SentenceTransformers.read(folder).orElse(null);
        String licence = folder.licence();
        var files = new ArrayList<SafetensorsFile>();
        try {
            Map<String, StoredTensor> tensors = folder.has(INDEX) ? sharded(folder, files) : single(folder, files);
            checkLayers(config, tensors.size());
            return new OpenCheckpoint(
                    name(),
                    path,
                    T5Head.told(config, tensors),
                    generation,
                    sentences,
                    tensors,
                    new TokenizerData.Folder(path),
                    licence,
                    () -> files.forEach(SafetensorsFile::close));
        } catch (RuntimeException e) {
            files.forEach(SafetensorsFile::close);
            throw e;
        }
    }

    private static Map<String, StoredTensor> single(ModelFolder folder, List<SafetensorsFile> files) {
        var file = new SafetensorsFile(folder.file(WEIGHTS, folder.path()));
        files.add(file);
        return file.tensors();
    }

    private static Map<String, StoredTensor> sharded(ModelFolder folder, List<SafetensorsFile> files) {
        Config index = folder.config(INDEX);
        Config map = index.object("weight_map");
        if (map.values().isEmpty()) {
            throw index.error("weight_map", "expected the file of each tensor, found none");
        }
        var shards = new LinkedHashMap<String, SafetensorsFile>();
        var tensors = new LinkedHashMap<String, StoredTensor>();
        for (String name : map.values().keySet()) {
            String fileName = map.string(name);
            if (!fileName.endsWith(".safetensors")) {
                throw map.error(
                        name,
                        "expected the name of a .safetensors file, found '" + ModelFolder.printable(fileName) + "'");
            }
            SafetensorsFile shard = shards.get(fileName);
            if (shard == null) {
                shard = new SafetensorsFile(folder.file(fileName, index.file()));
                files.add(shard);
                shards.put(fileName, shard);
            }
            StoredTensor tensor = shard.tensors().get(name);
            if (tensor == null) {
                throw map.error(name, "expected this tensor in " + fileName + ", but it is not there");
            }
            tensors.put(name, tensor);
        }
        return tensors;
    }

    /** Every layer has a tensor, so a count beyond that is wrong; found here before a graph of that size is built. */
    static void checkLayers(Config config, int tensors) {
        for (String key : LAYER_COUNTS) {
            if (config.values().get(key) instanceof Long layers && layers > tensors) {
                throw config.error(
                        key,
                        "there are " + layers + " layers, but the checkpoint has " + tensors + " tensors altogether");
            }
        }
    }

    private static boolean isSafetensors(Path path) {
        return path.getFileName().toString().endsWith(".safetensors");
    }

    private static boolean isPickle(String name) {
        return name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth") || name.endsWith(".ckpt");
    }

    private static Set<String> pickles(Path folder) {
        var names = new TreeSet<String>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (isPickle(name) && !name.equals("training_args.bin")) {
                    names.add(name);
                }
            }
        } catch (IOException e) {
            throw new FileFormatException(folder, "cannot be listed: " + e, e);
        }
        return names;
    }

    private static FileFormatException pickle(Path file) {
        return new FileFormatException(
                file,
                "a pickle is not read, since loading one can run any code it contains. Convert it to safetensors where you"
                        + " trust it, for example in Python: from transformers import AutoModelForCausalLM;"
                        + " AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER)");
    }

    @Override
    public boolean writes() {
        return true;
    }

    @Override
    public void save(SaveRequest request) {
        new HuggingFaceWriter(request).write();
    }
}
