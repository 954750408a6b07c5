package dev.argot.core.corpus;

import dev.argot.api.ArgotException;
import dev.argot.api.Document;
import dev.argot.api.FileFormatException;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CorpusSource.Layout;
import dev.argot.api.corpus.CurationSpec;
import dev.argot.spi.CorpusReaderProvider;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads corpora. Thread-safe; the streams are not. */
public final class Corpora {
    private static final System.Logger LOGGER = System.getLogger(Corpora.class.getName());
    private static final int BUFFER = 1 << 16;

    private final Function<String, CorpusReaderProvider> reader;
    private final Iterable<CorpusReaderProvider> readers;

    /**
     * Takes the plug-ins.
     *
     * @param reader gives a reader by name, or throws a {@link dev.argot.api.ProviderException}
     * @param readers all readers
     */
    public Corpora(Function<String, CorpusReaderProvider> reader, Iterable<CorpusReaderProvider> readers) {
        this.reader = reader;
        this.readers = readers;
    }

    /**
     * Reads documents of one source, as {@link #open(List)}.
     *
     * @param source where documents are read from
     */
    public Stream<Document> open(CorpusSource source) {
        return open(List.of(source));
    }

    /**
     * Reads documents as they are asked for, one source after the other, one file open at a time. The caller closes the stream.
     *
     * @param sources where documents are read from
     * @throws ArgotException if a path does not exist, or nothing matches a glob; while reading, {@link FileFormatException} if a file
     *     is malformed and {@link UncheckedIOException} if it can't be read
     */
    public Stream<Document> open(List<CorpusSource> sources) {
        var documents = new Documents(sources);
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(
                                documents, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE),
                        false)
                .onClose(documents::close);
    }

    /** A file and what its documents are named after. */
    private record Found(Path file, String name) {}

    /** A source and its files. */
    private record SourceFiles(CorpusSource source, Iterator<Found> files) {}

    /** Goes through the files and their documents. */
    private final class Documents implements Iterator<Document> {
        private final Deque<SourceFiles> waiting = new ArrayDeque<>();
        private @Nullable InputStream open;
        private @Nullable Iterator<Document> documents;

        Documents(List<CorpusSource> sources) {
            for (CorpusSource source : sources) {
                waiting.add(new SourceFiles(
                        source,
                        new Chain(source.paths().stream().map(Corpora::files).toList())));
            }
        }

        @Override
        public boolean hasNext() {
            while (documents == null || !documents.hasNext()) {
                close();
                SourceFiles first = waiting.peek();
                if (first == null) {
                    return false;
                }
                if (first.files().hasNext()) {
                    start(first.source(), first.files().next());
                } else {
                    waiting.remove();
                }
            }
            return true;
        }

        @Override
        public Document next() {
            if (!hasNext() || documents == null) {
                throw new NoSuchElementException();
            }
            return documents.next();
        }

        private void start(CorpusSource source, Found found) {
            String fileName = String.valueOf(found.file().getFileName()).toLowerCase(Locale.ROOT);
            boolean compressed = fileName.endsWith(".gz");
            String plainName = compressed ? fileName.substring(0, fileName.length() - 3) : fileName;
            CorpusReaderProvider chosen = choose(source.layout(), plainName);
            InputStream bytes = decompressed(found.file(), compressed);
            open = bytes;
            LOGGER.log(System.Logger.Level.DEBUG, "reading {0} as {1}", found.file(), chosen.name());
            documents = chosen.read(new CorpusReaderProvider.Request(
                    found.file(),
                    found.name(),
                    bytes,
                    settings(source.layout()),
                    source.source().isEmpty() ? found.name() : source.source(),
                    source.licence()));
        }

        private void close() {
            InputStream closing = open;
            open = null;
            documents = null;
            if (closing != null) {
                try {
                    closing.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private CorpusReaderProvider choose(Layout layout, String fileName) {
        return switch (layout) {
            case Layout.ByName byName -> {
                for (CorpusReaderProvider candidate : readers) {
                    if (candidate.reads(fileName)) {
                        yield candidate;
                    }
                }
                yield reader.apply(PlainTextReader.NAME);
            }
            case Layout.WholeFile whole -> reader.apply(PlainTextReader.NAME);
            case Layout.Paragraphs paragraphs -> reader.apply(ParagraphsReader.NAME);
            case Layout.JsonLines json -> reader.apply(JsonLinesReader.NAME);
            case Layout.Named named -> reader.apply(named.reader());
        };
    }

    private static Map<String, String> settings(Layout layout) {
        return switch (layout) {
            case Layout.ByName byName -> Map.of();
            case Layout.WholeFile whole -> Map.of();
            case Layout.Paragraphs paragraphs -> Map.of();
            case Layout.JsonLines json ->
                Map.of("text", json.text(), "id", json.id(), "source", json.source(), "licence", json.licence());
            case Layout.Named named -> named.settings();
        };
    }

    private static InputStream decompressed(Path file, boolean expected) {
        InputStream raw = null;
        try {
            raw = Files.newInputStream(file);
            var bytes = new PushbackInputStream(new BufferedInputStream(raw, BUFFER), 2);
            byte[] magic = bytes.readNBytes(2);
            bytes.unread(magic);
            boolean gzip = magic.length == 2 && magic[0] == 0x1f && (magic[1] & 0xff) == 0x8b;
            if (gzip) {
                return new GZIPInputStream(new Unhurried(bytes), BUFFER);
            }
            if (expected && magic.length > 0) {
                throw new FileFormatException(
                        file, String.format("byte offset 0: expected gzip data (1f 8b), found %02x", magic[0]));
            }
            return bytes;
        } catch (IOException | RuntimeException e) {
            if (raw != null) {
                try {
                    raw.close();
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
            }
            throw switch (e) {
                case RuntimeException already -> already;
                case ZipException z ->
                    new FileFormatException(file, "byte offset 0: expected gzip data, found " + z.getMessage(), z);
                case EOFException end ->
                    new FileFormatException(
                            file, "byte offset 0: expected gzip data, found the end of the file in its header", end);
                default -> new UncheckedIOException(file + ": " + e.getMessage(), (IOException) e);
            };
        }
    }

    /** Says that there is more as long as there may be: GZIPInputStream takes 0 for the end of the last member. */
    private static final class Unhurried extends FilterInputStream {
        Unhurried(InputStream in) {
            super(in);
        }

        @Override
        public int available() throws IOException {
            int known = super.available();
            if (known > 0) {
                return known;
            }
            var pushback = (PushbackInputStream) in;
            int next = pushback.read();
            if (next < 0) {
                return 0;
            }
            pushback.unread(next);
            return 1;
        }
    }

    /** The files of a path, in order. */
    private static Iterator<Found> files(String path) {
        Path plain = plainPath(path);
        if (plain != null && Files.isDirectory(plain)) {
            return new Walk(plain, folderName(plain), file -> true, path);
        }
        if (plain != null && Files.exists(plain)) {
            return List.of(new Found(plain, String.valueOf(plain.getFileName())))
                    .iterator();
        }
        int wildcard = indexOfWildcard(path);
        if (wildcard < 0) {
            throw new ArgotException(path + ": expected a file, a folder or a glob, found nothing of that name");
        }
        int slash = Math.max(path.lastIndexOf('/', wildcard), path.lastIndexOf('\\', wildcard));
        Path root = Path.of(slash < 0 ? "." : slash == 0 ? "/" : path.substring(0, slash));
        if (!Files.isDirectory(root)) {
            throw new ArgotException(path + ": expected the folder " + root + " to begin with, found none");
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + path.substring(slash + 1));
        return new Walk(root, slash < 0 ? "" : folderName(root), file -> matcher.matches(root.relativize(file)), path);
    }

    private static @Nullable Path plainPath(String path) {
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            LOGGER.log(System.Logger.Level.TRACE, "taken as a glob: " + path, e);
            return null;
        }
    }

    private static int indexOfWildcard(String path) {
        for (int i = 0; i < path.length(); i++) {
            if ("*?[{".indexOf(path.charAt(i)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private static String folderName(Path folder) {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? "" : name.toString();
    }

    /** Walks through a folder in the order of the names, holding the listings of the folders it is in. */
    private static final class Walk implements Iterator<Found> {
        private final Path root;
        private final String rootName;
        private final Predicate<Path> wanted;
        private final String asked;
        private final Deque<Iterator<Path>> listings = new ArrayDeque<>();
        private @Nullable Path ahead;
        private boolean any;

        Walk(Path root, String rootName, Predicate<Path> wanted, String asked) {
            this.root = root;
            this.rootName = rootName;
            this.wanted = wanted;
            this.asked = asked;
            listings.push(list(root));
        }

        @Override
        public boolean hasNext() {
            while (ahead == null && !listings.isEmpty()) {
                Iterator<Path> listing = listings.element();
                if (!listing.hasNext()) {
                    listings.pop();
                    continue;
                }
                Path next = listing.next();
                if (String.valueOf(next.getFileName()).startsWith(".")) {
                    continue;
                }
                if (Files.isDirectory(next, LinkOption.NOFOLLOW_LINKS)) {
                    listings.push(list(next));
                } else if (Files.isRegularFile(next) && wanted.test(next)) {
                    ahead = next;
                    any = true;
                }
            }
            if (!any) {
                throw new ArgotException(asked + ": expected at least one file, found none");
            }
            return ahead != null;
        }

        @Override
        public Found next() {
            Path file = hasNext() ? ahead : null;
            if (file == null) {
                throw new NoSuchElementException();
            }
            ahead = null;
            var name = new StringBuilder(rootName);
            for (Path part : root.relativize(file)) {
                name.append(name.isEmpty() ? "" : "/").append(part);
            }
            return new Found(file, name.toString());
        }

        private static Iterator<Path> list(Path folder) {
            try (Stream<Path> children = Files.list(folder)) {
                List<Path> sorted = children.sorted().toList();
                if (sorted.contains(folder.resolve(CurationSpec.MANIFEST))) {
                    List<Path> documents = sorted.stream()
                            .filter(file -> String.valueOf(file.getFileName()).startsWith(CurationSpec.DOCUMENTS))
                            .toList();
                    return (documents.isEmpty() ? sorted : documents).iterator();
                }
                return sorted.iterator();
            } catch (IOException e) {
                throw new UncheckedIOException(folder + ": " + e.getMessage(), e);
            }
        }
    }

    /** One path after the other, each file once. */
    private static final class Chain implements Iterator<Found> {
        private final Iterator<Iterator<Found>> parts;
        private final boolean several;
        private final Set<Path> seen = new HashSet<>();
        private Iterator<Found> part = Collections.emptyIterator();
        private @Nullable Found ahead;

        Chain(List<Iterator<Found>> parts) {
            this.parts = parts.iterator();
            several = parts.size() > 1;
        }

        @Override
        public boolean hasNext() {
            while (ahead == null) {
                if (!part.hasNext()) {
                    if (!parts.hasNext()) {
                        return false;
                    }
                    part = parts.next();
                    continue;
                }
                Found next = part.next();
                // A single path gives each file once; only several may meet.
                if (!several || seen.add(next.file().toAbsolutePath().normalize())) {
                    ahead = next;
                }
            }
            return true;
        }

        @Override
        public Found next() {
            Found next = hasNext() ? ahead : null;
            if (next == null) {
                throw new NoSuchElementException();
            }
            ahead = null;
            return next;
        }
    }
}
