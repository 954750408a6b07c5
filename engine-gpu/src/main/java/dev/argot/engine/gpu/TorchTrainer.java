package dev.argot.engine.gpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.argot.spi.GraphInputs;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.graph.Op;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Training on PyTorch: forward, backward, clipping and update in one program call where a step has one micro-batch; else gradients are
 * added up first.
 *
 * <p>Lists changed in place must be arguments of the program: such lists built inside it are silently dropped by PyTorch.
 */
final class TorchTrainer implements Trainer {
    private static final String DECAYED = "d";
    private static final String PLAIN = "n";
    private static final String FROZEN = "f";
    private static final String NOTHING_SCORED = "no token is scored: every label is -100";
    private static final String NONE = "annotate(List[Tensor], [])";

    private final Torch torch;
    private final TorchModel model;
    private final Emitter emitter;
    private final Torch.Program program;
    private final PtNDManager memory;
    private final OptimizerProgram optimizer;
    /** Lists of tensors by the names the program gives them; those that would be empty are left out. */
    private final Map<String, List<PtNDArray>> lists = new LinkedHashMap<>();

    private final List<Op.Parameter> decayed;
    private final List<Op.Parameter> plain;
    private final Map<String, Long> firstRows;
    private final PtNDArray updates;
    private boolean closed;

    TorchTrainer(Torch torch, TorchModel model, Weights weights, Request request) {
        this.torch = torch;
        this.model = model;
        this.optimizer = OptimizerProgram.of(request.optimizer());
        this.firstRows = request.firstRows();
        this.emitter = Emitter.training(
                model.graph(),
                request.compute(),
                torch.linear(request.compute()),
                torch.trainedLinear(request.compute()),
                torch.onCpu());
        List<Op.Parameter> used =
                emitter.slots().stream().map(slot -> slot.parameters().get(0)).toList();
        List<Op.Parameter> trained = used.stream()
                .filter(p -> request.parameters().contains(p.name()))
                .toList();
        boolean vectorsDecay = request.optimizer().decaysVectors();
        this.decayed = trained.stream()
                .filter(p -> vectorsDecay || p.shape().size() > 1)
                .toList();
        this.plain = trained.stream().filter(p -> !decayed.contains(p)).toList();
        List<Op.Parameter> frozen =
                used.stream().filter(p -> !trained.contains(p)).toList();
        this.memory = torch.scope();
        try {
            weights.makeWritable(trained);
            put(FROZEN, frozen, weights);
            put(DECAYED, decayed, weights);
            put(PLAIN, plain, weights);
            for (String list : trainedLists()) {
                if (parameters(list).stream().anyMatch(p -> first(p) > 0)) {
                    lists.put(rows(list), views(list));
                }
                for (OptimizerProgram.Kind kind : optimizer.kinds()) {
                    List<PtNDArray> kept = parameters(list).stream()
                            .map(p -> torch.zeros(memory, kind.shape(shape(p))))
                            .toList();
                    lists.put(optimizer.list(kind, list), kept);
                }
            }
            this.updates = torch.zeros(memory);
            var order = new ArrayList<Op.Parameter>(frozen);
            order.addAll(decayed);
            order.addAll(plain);
            List<Integer> places = used.stream().map(order::indexOf).toList();
            this.program = torch.load(
                    emitter.program(methods(places, request.optimizer().weightDecay())
                            + emitter.gradientMethod(concat(decayed, plain), request.recompute())));
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    private void put(String name, List<Op.Parameter> parameters, Weights weights) {
        if (!parameters.isEmpty()) {
            PtNDArray[] arrays =
                    weights.arrays(parameters.stream().map(Emitter.Slot::plain).toList());
            lists.put(name, List.of(arrays));
        }
    }

    /** The lists of trained parameters that are not empty. */
    private List<String> trainedLists() {
        return List.of(DECAYED, PLAIN).stream().filter(lists::containsKey).toList();
    }

    private List<Op.Parameter> parameters(String list) {
        return list.equals(DECAYED) ? decayed : plain;
    }

    /** The shape of the rows that are trained. */
    private long[] shape(Op.Parameter parameter) {
        long[] shape = parameter.shape().stream().mapToLong(Long::longValue).toArray();
        if (shape.length > 0) {
            shape[0] -= first(parameter);
        }
        return shape;
    }

    private long first(Op.Parameter parameter) {
        return firstRows.getOrDefault(parameter.name(), 0L);
    }

    private static String rows(String list) {
        return list + "r";
    }

    /** The list that an update changes: the parameters, or where rows are left out, views of the others. */
    private String updated(String list) {
        return lists.containsKey(rows(list)) ? rows(list) : list;
    }

    /** Arrays of their own even for whole parameters, since an array carries the name of the list it is in. */
    private List<PtNDArray> views(String list) {
        var views = new ArrayList<PtNDArray>();
        List<Op.Parameter> parameters = parameters(list);
        for (int i = 0; i < parameters.size(); i++) {
            PtNDArray whole = lists.getOrDefault(list, List.of()).get(i);
            views.add((PtNDArray) whole.get(memory, new NDIndex(first(parameters.get(i)) + ":")));
        }
        return views;
    }

    // ---- the program

    private String methods(List<Integer> places, double decay) {
        String weights = "self.join(" + list(FROZEN) + ", " + list(DECAYED) + ", " + list(PLAIN) + ", " + places + ")";
        String gradients = "    torch.set_grad_enabled(True)\n"
                + "    t = self.trainable(" + list(DECAYED) + ", " + list(PLAIN) + ")\n"
                + "    l, ga, = self.loss_and_gradients(" + weights + ", t, x)\n"
                + "    gs = self.last_rows(ga, "
                + concat(decayed, plain).stream().map(this::first).toList() + ")\n";
        String all = "l, gs, " + arguments(changed()) + "s, h";
        String step =
                "  def step(self: __torch__.Program, " + signature(stepped()) + "x: List[Tensor], s: Tensor, h: Tensor)"
                        + " -> List[Tensor]:\n" + gradients + "    return self.update(" + all + ")\n";
        String compute = "  def gradients(self: __torch__.Program, " + signature(withFrozen(trainedLists()))
                + "x: List[Tensor]) -> List[Tensor]:\n"
                + gradients + "    r = annotate(List[Tensor], [l])\n"
                + "    for i in range(len(gs)):\n      a = torch.append(r, gs[i])\n    return r\n";
        String accumulate =
                "  def accumulate(self: __torch__.Program, " + signature(withFrozen(trainedLists())) + signature(sums())
                        + "x: List[Tensor], first: Tensor) -> List[Tensor]:\n"
                        + gradients
                        + "    if bool(first):\n" + sums("torch._foreach_copy_")
                        + "    else:\n" + sums("torch._foreach_add_")
                        + "    return annotate(List[Tensor], [l])\n";
        String apply = "  def apply(self: __torch__.Program, " + signature(changed()) + signature(sums())
                + "l: Tensor, s: Tensor, h: Tensor) -> List[Tensor]:\n    torch.set_grad_enabled(False)\n"
                + "    gs = self.join(" + list(sum(DECAYED)) + ", " + list(sum(PLAIN)) + ", " + NONE + ", "
                + IntStream.range(0, decayed.size() + plain.size()).boxed().toList()
                + ")\n    return self.update(l, gs, "
                + arguments(changed()) + "s, h)\n";
        // h: learning rate, largest norm, tokens, norm above which nothing is done, largest number
        String update = "  def update(self: __torch__.Program, l: Tensor, gs: List[Tensor], " + signature(changed())
                + "s: Tensor, h: Tensor) -> List[Tensor]:\n"
                + "    norm = torch.div(self.norm_of(gs), torch.select(h, 0, 2))\n"
                + "    ok = torch.logical_and(torch.le(norm, torch.select(h, 0, 3)), torch.le(torch.abs(l), torch.select(h, 0, 4)))\n"
                + "    if bool(ok):\n"
                + "      factor = torch.clamp(torch.div(torch.select(h, 0, 1), torch.add(norm, 1e-06)), None, 1.)\n"
                + "      divisor = torch.to(torch.div(torch.select(h, 0, 2), factor), 6)\n"
                + "      lr = float(torch.select(h, 0, 0))\n"
                + "      count = torch.add_(s, 1)\n"
                + update(DECAYED, decay, 0)
                + update(PLAIN, 0, decayed.size())
                + "    else:\n      pass\n"
                + "    return annotate(List[Tensor], [l, norm, ok])\n";
        String assign = "  def assign(self: __torch__.Program, a: Tensor, b: Tensor) -> Tensor:\n"
                + "    torch.set_grad_enabled(False)\n    return torch.copy_(a, b)\n";
        return update + step + compute + accumulate + apply + assign;
    }

    /** The lists that an update changes. */
    private List<String> changed() {
        var names = new ArrayList<String>();
        for (String list : trainedLists()) {
            names.add(updated(list));
            names.addAll(optimizer.lists(list));
        }
        return names;
    }

    /** The lists that a step reads or changes. */
    private List<String> stepped() {
        var names = new LinkedHashSet<>(withFrozen(trainedLists()));
        names.addAll(changed());
        return List.copyOf(names);
    }

    private List<String> withFrozen(List<String> names) {
        var all = new ArrayList<String>();
        if (lists.containsKey(FROZEN)) {
            all.add(FROZEN);
        }
        all.addAll(names);
        return all;
    }

    private static String sum(String list) {
        return "g" + list;
    }

    /** The lists in which the gradients of several micro-batches are added up. */
    private List<String> sums() {
        return trainedLists().stream().map(TorchTrainer::sum).toList();
    }

    private String list(String name) {
        return lists.containsKey(name) || sums().contains(name) ? name : NONE;
    }

    private static String signature(List<String> names) {
        return names.stream().map(name -> name + ": List[Tensor], ").collect(Collectors.joining());
    }

    private static String arguments(List<String> names) {
        return names.stream().map(name -> name + ", ").collect(Collectors.joining());
    }

    private String sums(String operation) {
        return trainedLists().stream()
                .map(list -> "      " + operation + "(" + sum(list) + ", " + part(list) + ")\n")
                .collect(Collectors.joining());
    }

    /** The gradients of a list's parameters. */
    private String part(String list) {
        return list.equals(DECAYED)
                ? "torch.slice(gs, 0, " + decayed.size() + ")"
                : "torch.slice(gs, " + decayed.size() + ")";
    }

    private String update(String list, double decay, int from) {
        return lists.containsKey(list)
                ? "      u" + from + " = " + optimizer.call(list, updated(list), part(list), decay) + "\n"
                : "";
    }

    // ---- calls

    /** Arguments of a method: lists by name, then single tensors. */
    private static final class Call {
        final NDList arguments = new NDList();

        Call(NDArray marker, String method) {
            marker.setName("module_method:" + method);
            arguments.add(marker);
        }

        Call list(String name, List<PtNDArray> arrays) {
            for (PtNDArray array : arrays) {
                array.setName(name + "[]");
                arguments.add(array);
            }
            return this;
        }

        Call tensor(NDArray array) {
            arguments.add(array);
            return this;
        }
    }

    private Call call(PtNDManager scope, String method, List<String> names) {
        var call = new Call(torch.zeros(scope, 1), method);
        for (String name : names) {
            call.list(name, lists.getOrDefault(name, List.of()));
        }
        return call;
    }

    private List<PtNDArray> inputs(Map<String, PtNDArray> inputs) {
        return emitter.inputs().stream()
                .map(input -> {
                    PtNDArray array = inputs.get(input);
                    if (array == null) {
                        throw new IllegalArgumentException(
                                "the input '" + input + "' is missing; needed are " + emitter.inputs());
                    }
                    return array;
                })
                .toList();
    }

    private NDArray numbers(PtNDManager scope, Update update, long tokens) {
        return scope.create(new double[] {
            update.learningRate(),
            Math.min(update.maxGradientNorm(), Double.MAX_VALUE),
            tokens,
            Math.min(update.skipAbove(), Double.MAX_VALUE),
            Double.MAX_VALUE
        });
    }

    /** The accumulators, which exist from the first step with several micro-batches on. */
    private void openSums() {
        for (String list : trainedLists()) {
            lists.computeIfAbsent(sum(list), name -> parameters(list).stream()
                    .map(p -> torch.empty(memory, shape(p)))
                    .toList());
        }
    }

    @Override
    public Result step(StepRequest request) {
        // where nothing is scored there is nothing to add
        var batches = new ArrayList<Map<String, Tensor>>();
        long tokens = 0;
        for (Map<String, Tensor> batch : request.microBatches()) {
            long count = GraphInputs.scored(model.graph(), batch);
            if (count > 0) {
                batches.add(batch);
            }
            tokens += count;
        }
        if (tokens == 0) {
            throw new IllegalArgumentException(NOTHING_SCORED);
        }
        long scored = tokens;
        return whileOpen(scope -> {
            NDArray numbers = numbers(scope, request.update(), scored);
            if (batches.size() == 1) {
                Map<String, PtNDArray> batch = model.arrays(scope, batches.get(0));
                Call call = call(scope, "step", stepped())
                        .list("x", inputs(batch))
                        .tensor(updates)
                        .tensor(numbers);
                return result(torch.train(program, call.arguments), scored);
            }
            openSums();
            double loss = 0;
            boolean first = true;
            for (Map<String, Tensor> batch : batches) {
                try (PtNDManager part = torch.scope()) {
                    Call call = call(part, "accumulate", concat(withFrozen(trainedLists()), sums()))
                            .list("x", inputs(model.arrays(part, batch)))
                            .tensor(part.create(first ? 1f : 0f));
                    loss += number(torch.train(program, call.arguments).get(0));
                    first = false;
                }
            }
            Call call = call(scope, "apply", concat(changed(), sums()))
                    .tensor(scope.create(loss))
                    .tensor(updates)
                    .tensor(numbers);
            return result(torch.train(program, call.arguments), scored);
        });
    }

    private static <T> List<T> concat(List<T> first, List<T> second) {
        var all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    private static Result result(NDList lossNormAndVerdict, long scored) {
        return new Result(
                number(lossNormAndVerdict.get(0)) / scored,
                scored,
                number(lossNormAndVerdict.get(1)),
                number(lossNormAndVerdict.get(2)) != 0);
    }

    private static double number(NDArray scalar) {
        return scalar.toType(ai.djl.ndarray.types.DataType.FLOAT64, false).toDoubleArray()[0];
    }

    @Override
    public Applied apply(Map<String, Tensor> gradients, Update update) {
        return whileOpen(scope -> {
            Call call = call(scope, "apply", changed());
            for (String list : trainedLists()) {
                call.list(
                        sum(list),
                        parameters(list).stream()
                                .map(p -> torch.create(scope, gradient(gradients, p)))
                                .toList());
            }
            call.tensor(scope.create(0.0)).tensor(updates).tensor(numbers(scope, update, 1));
            Result result = result(torch.train(program, call.arguments), 1);
            return new Applied(result.gradientNorm(), result.applied());
        });
    }

    private Tensor gradient(Map<String, Tensor> gradients, Op.Parameter parameter) {
        if (gradients.get(parameter.name()) instanceof Tensor.Floats g && Arrays.equals(g.shape(), shape(parameter))) {
            return g;
        }
        throw new IllegalArgumentException("expected a gradient of '" + parameter.name() + "' as float32"
                + Arrays.toString(shape(parameter)) + ", found " + gradients.get(parameter.name()));
    }

    @Override
    public Map<String, Tensor> gradients(Map<String, Tensor> inputs) {
        long scored = GraphInputs.scored(model.graph(), inputs);
        if (scored == 0) {
            throw new IllegalArgumentException(NOTHING_SCORED);
        }
        return whileOpen(scope -> {
            Call call =
                    call(scope, "gradients", withFrozen(trainedLists())).list("x", inputs(model.arrays(scope, inputs)));
            NDList r = torch.train(program, call.arguments);
            var gradients = new HashMap<String, Tensor>();
            gradients.put("loss", new Tensor.Floats(new float[] {(float) (number(r.get(0)) / scored)}));
            var order = new ArrayList<Op.Parameter>(decayed);
            order.addAll(plain);
            for (int i = 0; i < order.size(); i++) {
                Tensor.Floats sum = Torch.floats((PtNDArray) r.get(i + 1));
                for (int k = 0; k < sum.data().length; k++) {
                    sum.data()[k] /= scored;
                }
                gradients.put(order.get(i).name(), sum);
            }
            return gradients;
        });
    }

    private interface Work<T> {
        T in(PtNDManager scope);
    }

    private <T> T whileOpen(Work<T> work) {
        if (closed) {
            throw new IllegalStateException("the trainer is closed");
        }
        return model.whileOpen(() -> {
            try (PtNDManager scope = torch.scope()) {
                return work.in(scope);
            }
        });
    }

    // ---- state

    private Map<String, PtNDArray> arrays() {
        var arrays = new LinkedHashMap<String, PtNDArray>();
        for (String list : trainedLists()) {
            List<Op.Parameter> parameters = parameters(list);
            for (int i = 0; i < parameters.size(); i++) {
                Op.Parameter p = parameters.get(i);
                arrays.put(
                        "parameter." + p.name(),
                        lists.getOrDefault(updated(list), List.of()).get(i));
                for (OptimizerProgram.Kind kind : optimizer.kinds()) {
                    PtNDArray kept = lists.getOrDefault(optimizer.list(kind, list), List.of())
                            .get(i);
                    if (kept.size() > 0) {
                        arrays.put(kind.of(p.name(), p.shape().size()), kept);
                    }
                }
            }
        }
        arrays.put("optimizer.step", updates);
        return arrays;
    }

    @Override
    public Map<String, StoredTensor> state() {
        return whileOpen(scope -> {
            var state = new LinkedHashMap<String, StoredTensor>();
            arrays().forEach((name, array) -> state.put(name, new NativeTensor(name, array)));
            return state;
        });
    }

    @Override
    public void restore(Map<String, StoredTensor> state) {
        whileOpen(scope -> {
            Map<String, PtNDArray> arrays = arrays();
            var missing = new TreeSet<>(arrays.keySet());
            missing.removeAll(state.keySet());
            var unknown = new TreeSet<>(state.keySet());
            unknown.removeAll(arrays.keySet());
            if (!missing.isEmpty() || !unknown.isEmpty()) {
                throw new IllegalArgumentException(
                        "the state does not belong to this trainer: missing " + missing + ", unknown " + unknown);
            }
            state.forEach((name, tensor) -> {
                List<Long> expected = new NativeTensor(name, Objects.requireNonNull(arrays.get(name))).shape();
                if (!tensor.shape().equals(expected)) {
                    throw new IllegalArgumentException("the state does not belong to this trainer: '" + name
                            + "' has shape " + tensor.shape() + ", expected " + expected);
                }
            });
            arrays.forEach((name, array) -> assign(array, Objects.requireNonNull(state.get(name))));
            return true;
        });
    }

    private void assign(PtNDArray array, StoredTensor tensor) {
        var values = new float[Math.toIntExact(tensor.elements())];
        tensor.toFloat32(0, FloatBuffer.wrap(values));
        try (PtNDManager scope = torch.scope();
                IValue target = IValue.from(array);
                IValue source = IValue.from(torch.create(
                        scope, new Tensor.Floats(values, array.getShape().getShape())))) {
            torch.run(scope, program, "assign", target, source);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            for (String list : trainedLists()) {
                lists.getOrDefault(list, List.of()).forEach(w -> w.setRequiresGradient(false));
            }
            program.close();
            memory.close();
            model.trainerClosed();
        }
    }
}
