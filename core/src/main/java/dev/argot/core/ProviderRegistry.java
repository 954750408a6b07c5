package dev.argot.core;

import dev.argot.api.Argot.ProviderInfo;
import dev.argot.api.ProviderException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.CodeSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The plug-ins of one kind, found through {@link ServiceLoader} on the module path and the class path. One that can't be loaded, linked or
 * constructed is remembered with the reason; the others go on. Immutable, hence thread-safe.
 *
 * @param <P> the service
 */
final class ProviderRegistry<P> {
    private static final System.Logger LOGGER = System.getLogger(ProviderRegistry.class.getName());

    private final Class<P> service;
    private final String kind;
    private final Map<String, P> byName;
    private final List<ProviderInfo> broken;

    private ProviderRegistry(Class<P> service, String kind, Map<String, P> byName, List<ProviderInfo> broken) {
        this.service = service;
        this.kind = kind;
        this.byName = Collections.unmodifiableMap(byName);
        this.broken = List.copyOf(broken);
    }

    /**
     * Finds plug-ins.
     *
     * @param <P> the service
     * @param service what they implement
     * @param kind what they provide, such as {@code "engine"}
     * @param name gives a plug-in's name
     * @param loaders where to look
     */
    static <P> ProviderRegistry<P> load(
            Class<P> service, String kind, Function<P, String> name, Collection<ClassLoader> loaders) {
        var search = new Search<>(service, kind, name);
        loaders.forEach(search::in);
        for (ProviderInfo info : search.broken) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    "{0} ''{1}'' ({2}): {3}",
                    kind,
                    info.name(),
                    info.origin(),
                    info.remark());
        }
        return new ProviderRegistry<>(service, kind, search.byName, search.broken);
    }

    /**
     * Plug-ins that are there already.
     *
     * @param <P> the service
     * @param service what they implement
     * @param kind what they provide
     * @param name gives a plug-in's name
     * @param providers the plug-ins; names differ
     */
    static <P> ProviderRegistry<P> of(Class<P> service, String kind, Function<P, String> name, List<P> providers) {
        var byName = new LinkedHashMap<String, P>();
        providers.forEach(provider -> byName.put(name.apply(provider), provider));
        return new ProviderRegistry<>(service, kind, byName, List.of());
    }

    /** The plug-ins that work, by name, in the order they were found. */
    Map<String, P> byName() {
        return byName;
    }

    /** The plug-ins that don't. */
    List<ProviderInfo> broken() {
        return broken;
    }

    /**
     * A plug-in by name.
     *
     * @param name the name
     * @throws ProviderException if there is none; the message lists those there are
     */
    P get(String name) {
        P provider = byName.get(name);
        if (provider == null) {
            throw missing("No " + kind + " named '" + name + "'.");
        }
        return provider;
    }

    /**
     * An error that lists what there is and what is broken, and says what to add.
     *
     * @param problem what was looked for in vain
     */
    ProviderException missing(String problem) {
        var message = new StringBuilder(problem)
                .append(" Available: ")
                .append(new TreeSet<>(byName.keySet()))
                .append(". Add a module that provides ")
                .append(service.getName())
                .append('.');
        for (ProviderInfo info : broken) {
            message.append(" Broken: ")
                    .append(info.name())
                    .append(" (")
                    .append(info.remark())
                    .append(").");
        }
        return new ProviderException(message.toString());
    }

    /** The module a class belongs to, else the jar or folder it came from. */
    static String origin(Class<?> type) {
        if (type.getModule().isNamed()) {
            return type.getModule().getName();
        }
        CodeSource source = type.getProtectionDomain().getCodeSource();
        return source == null || source.getLocation() == null
                ? "unknown"
                : source.getLocation().toString();
    }

    /** Collects plug-ins from several class loaders. */
    private static final class Search<P> {
        private final Class<P> service;
        private final String kind;
        private final Function<P, String> name;
        private final Map<String, P> byName = new LinkedHashMap<>();
        private final List<ProviderInfo> broken = new ArrayList<>();
        private final Set<String> seen = new HashSet<>();

        Search(Class<P> service, String kind, Function<P, String> name) {
            this.service = service;
            this.kind = kind;
            this.name = name;
        }

        void in(ClassLoader loader) {
            Set<String> listed = listed(loader);
            Deque<Throwable> unnamed = new ArrayDeque<>();
            Iterator<ServiceLoader.Provider<P>> found =
                    ServiceLoader.load(service, loader).stream().iterator();
            int failures = 0;
            while (failures <= listed.size()) { // no loader fails more often than there are names
                Optional<ServiceLoader.Provider<P>> next;
                try {
                    next = found.hasNext() ? Optional.of(found.next()) : Optional.empty();
                } catch (ServiceConfigurationError | LinkageError e) {
                    failures++;
                    unnamed.add(e);
                    continue;
                }
                if (next.isEmpty()) {
                    break;
                }
                construct(next.get());
            }
            // A class that can't be loaded leaves a failure without its name; the names left over are those.
            for (String className : listed) {
                if (!unnamed.isEmpty() && seen.add(className)) {
                    String list = "META-INF/services/" + service.getName();
                    Throwable failure = unnamed.stream()
                            .filter(e -> String.valueOf(e.getMessage()).contains(className))
                            .findFirst()
                            .orElse(unnamed.getFirst());
                    unnamed.remove(failure);
                    broken.add(info(className, list, failure));
                }
            }
            for (Throwable failure : unnamed) {
                broken.add(info("unknown", "META-INF/services/" + service.getName(), failure));
            }
        }

        private void construct(ServiceLoader.Provider<P> found) {
            Class<? extends P> type = found.type();
            if (!seen.add(type.getName())) {
                return;
            }
            try {
                P provider = found.get();
                String providerName = name.apply(provider);
                P earlier = byName.putIfAbsent(providerName, provider);
                if (earlier != null) {
                    broken.add(new ProviderInfo(
                            kind,
                            providerName,
                            origin(type),
                            false,
                            "the name is taken by " + earlier.getClass().getName() + " of " + origin(earlier.getClass())
                                    + ", expected a name of its own for " + type.getName()));
                }
            } catch (ServiceConfigurationError | LinkageError | RuntimeException e) {
                broken.add(info(type.getName(), origin(type), e));
            }
        }

        private ProviderInfo info(String className, String origin, Throwable failure) {
            Throwable root = failure;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            String remark = "expected a public class with a public constructor without arguments that implements "
                    + service.getName() + ", found " + root;
            return new ProviderInfo(kind, className, origin, false, remark);
        }

        private Set<String> listed(ClassLoader loader) {
            var names = new TreeSet<String>();
            try {
                for (URL url : Collections.list(loader.getResources("META-INF/services/" + service.getName()))) {
                    var connection = url.openConnection();
                    connection.setUseCaches(false);
                    try (var reader = new BufferedReader(
                            new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
                        reader.lines()
                                .map(line -> line.replaceFirst("#.*", "").strip())
                                .filter(line -> !line.isEmpty())
                                .forEach(names::add);
                    }
                }
            } catch (IOException e) {
                LOGGER.log(System.Logger.Level.WARNING, "cannot read the lists of " + service.getName(), e);
            }
            return names;
        }
    }
}
