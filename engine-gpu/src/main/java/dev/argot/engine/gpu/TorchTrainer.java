package dev.argot.engine.gpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.graph.Op;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Training on PyTorch: forward, backward, clipping and AdamW in one program call where a step has one micro-batch; else gradients are
 * added up first.
 *
 * <p>Lists changed in place must be arguments of the program: such lists built inside it are silently dropped by PyTorch.
 */
final class TorchTrainer implements Trainer {
    private final Torch torch;
    private final TorchModel model;
    private final Emitter emitter;
    private final Torch.Program program;
    private final PtNDManager memory;
    /** Lists of tensors by the names the program gives them; those that would be empty are left out. */
    private final Map<String, List<PtNDArray>> lists = new LinkedHashMap<>();

    private final List<Op.Parameter> decayed;
    private final List<Op.Parameter> plain;
    private boolean closed;

    TorchTrainer(Torch torch, TorchModel model, Weights weights, Request request) {
        this.torch = torch;
        this.model = model;
        Optimizer.AdamW adam =
                switch (request.optimizer()) {
                    case Optimizer.AdamW a -> a;
                };
        this.emitter = new Emitter(model.graph(), List.of("loss"), weights.precision(), torch.trainedLinear());
        List<Op.Parameter> used =
                emitter.slots().stream().map(slot -> slot.parameters().get(0)).toList();
        List<Op.Parameter> trained = used.stream()
                .filter(p -> request.parameters().contains(p.name()))
                .toList();
        this.decayed = trained.stream()
                .filter(p -> !adam.withoutDecay().contains(p.name()))
                .toList();
        this.plain = trained.stream()
                .filter(p -> adam.withoutDecay().contains(p.name()))
                .toList();
        List<Op.Parameter> frozen =
                used.stream().filter(p -> !trained.contains(p)).toList();
        this.memory = torch.scope();
        try {
            weights.makeWritable(trained);
            put("f", frozen, weights);
            put("d", decayed, weights);
            put("n", plain, weights);
            for (String list : List.of("d", "n")) {
                if (lists.containsKey(list)) {
                    state("m" + list, list, false);
                    state("v" + list, list, false);
                    state("s" + list, list, true);
                    state("g" + list, list, false);
                }
            }
            var order = new ArrayList<Op.Parameter>(frozen);
            order.addAll(decayed);
            order.addAll(plain);
            List<Integer> places = used.stream().map(order::indexOf).toList();
            this.program = torch.load(emitter.program(methods(places, adam)));
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

    private void state(String name, String like, boolean scalar) {
        lists.put(
                name,
                lists.getOrDefault(like, List.of()).stream()
                        .map(w -> torch.zeros(
                                memory, scalar ? new long[0] : w.getShape().getShape()))
                        .toList());
    }

    // ---- the program

    private String methods(List<Integer> places, Optimizer.AdamW adam) {
        String weights = "self.join(" + list("f") + ", " + list("d") + ", " + list("n") + ", " + places + ")";
        String none = "annotate(List[Tensor], [])";
        String gradients = "    torch.set_grad_enabled(True)\n"
                + "    t = self.trainable(" + list("d") + ", " + list("n") + ")\n"
                + "    l = (self.graph(" + weights + ", " + none + ", " + none + ", x, 0, 0))[0]\n"
                + "    gs = self.gradients_of(l, t)\n"
                + "    torch.set_grad_enabled(False)\n";
        String norm = "    norm = torch.div(self.norm_of(gs), torch.select(h, 0, 2))\n"
                + "    factor = torch.clamp(torch.div(torch.select(h, 0, 1), torch.add(norm, 1e-06)), None, 1.)\n"
                + "    divisor = torch.to(torch.div(torch.select(h, 0, 2), factor), 6)\n";
        String update = update("d", adam.weightDecay(), "0", "" + decayed.size())
                + update("n", 0, "" + decayed.size(), "" + (decayed.size() + plain.size()));
        String step = "  def step(" + signature("f", "d", "n", "md", "vd", "sd", "mn", "vn", "sn")
                + "x: List[Tensor], h: Tensor)"
                + " -> List[Tensor]:\n" + gradients + norm + update
                + "    return annotate(List[Tensor], [torch.detach(l), norm])\n";
        String compute =
                "  def gradients(" + signature("f", "d", "n") + "x: List[Tensor]) -> List[Tensor]:\n" + gradients
                        + "    r = annotate(List[Tensor], [torch.detach(l)])\n"
                        + "    for i in range(len(gs)):\n      a = torch.append(r, gs[i])\n    return r\n";
        String accumulate = "  def accumulate(" + signature("f", "d", "n", "gd", "gn")
                + "x: List[Tensor]) -> List[Tensor]:\n"
                + gradients
                + (decayed.isEmpty() ? "" : "    torch._foreach_add_(gd, torch.slice(gs, 0, " + decayed.size() + "))\n")
                + (plain.isEmpty() ? "" : "    torch._foreach_add_(gn, torch.slice(gs, " + decayed.size() + "))\n")
                + "    return annotate(List[Tensor], [torch.detach(l)])\n";
        String apply = "  def apply(" + signature("d", "n", "md", "vd", "sd", "mn", "vn", "sn", "gd", "gn")
                + "h: Tensor) -> List[Tensor]:\n    torch.set_grad_enabled(False)\n"
                + "    gs = self.join(" + list("gd") + ", " + list("gn") + ", " + none + ", "
                + IntStream.range(0, decayed.size() + plain.size()).boxed().toList() + ")\n" + norm + update
                + (decayed.isEmpty() ? "" : "    torch._foreach_zero_(gd)\n")
                + (plain.isEmpty() ? "" : "    torch._foreach_zero_(gn)\n")
                + "    return annotate(List[Tensor], [norm])\n";
        String adamw =
                """
              def adamw(self: __torch__.Program, w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], s: List[Tensor], lr: float, decay: float, divisor: Tensor) -> int:
                torch._fused_adamw_(w, g, m, v, annotate(List[Tensor], []), s, lr=lr, beta1=%s, beta2=%s, weight_decay=decay, eps=%s, amsgrad=False, maximize=False, grad_scale=divisor, found_inf=None)
                return 0
            """
                        .formatted(adam.beta1(), adam.beta2(), adam.epsilon());
        return adamw + step + compute + accumulate + apply;
    }

    private String list(String name) {
        return lists.containsKey(name) ? name : "annotate(List[Tensor], [])";
    }

    private String signature(String... names) {
        var text = new StringBuilder("self: __torch__.Program, ");
        for (String name : names) {
            if (lists.containsKey(name)) {
                text.append(name).append(": List[Tensor], ");
            }
        }
        return text.toString();
    }

    private String update(String list, double decay, String from, String to) {
        return lists.containsKey(list)
                ? "    torch._foreach_add_(s" + list + ", 1)\n    u" + list + " = self.adamw(" + list
                        + ", torch.slice(gs, " + from + ", "
                        + to + "), m" + list + ", v" + list + ", s" + list + ", float(torch.select(h, 0, 0)), " + decay
                        + ", divisor)\n"
                : "";
    }

    // ---- calls

    private NDList call(
            PtNDManager scope, String method, Map<String, PtNDArray> inputs, double[] numbers, String... names) {
        var arguments = new NDList();
        NDArray marker = torch.zeros(scope, 1);
        marker.setName("module_method:" + method);
        arguments.add(marker);
        for (String name : names) {
            for (PtNDArray array : lists.getOrDefault(name, List.of())) {
                array.setName(name + "[]");
                arguments.add(array);
            }
        }
        if (!inputs.isEmpty()) {
            for (String input : emitter.inputs()) {
                PtNDArray array = inputs.get(input);
                if (array == null) {
                    throw new IllegalArgumentException(
                            "the input '" + input + "' is missing; needed are " + emitter.inputs());
                }
                array.setName("x[]");
                arguments.add(array);
            }
        }
        if (numbers.length > 0) {
            arguments.add(scope.create(numbers));
        }
        return torch.train(program, arguments);
    }

    @Override
    public Result step(StepRequest request) {
        long tokens = 0;
        for (Map<String, Tensor> batch : request.microBatches()) {
            tokens += TorchModel.scored(model.graph(), batch);
        }
        if (tokens == 0) {
            throw new IllegalArgumentException("no token is scored: every label is -100");
        }
        if (closed) {
            throw new IllegalStateException("the trainer is closed");
        }
        long scored = tokens;
        double[] numbers = {
            request.learningRate(), Math.min(request.maxGradientNorm(), Double.MAX_VALUE), scored,
        };
        return model.whileOpen(() -> {
            try (PtNDManager scope = torch.scope()) {
                if (request.microBatches().size() == 1) {
                    Map<String, PtNDArray> inputs =
                            model.arrays(scope, request.microBatches().get(0));
                    NDList r = call(scope, "step", inputs, numbers, "f", "d", "n", "md", "vd", "sd", "mn", "vn", "sn");
                    return new Result(number(r.get(0)) / scored, scored, number(r.get(1)));
                }
                double loss = 0;
                for (Map<String, Tensor> batch : request.microBatches()) {
                    try (PtNDManager part = torch.scope()) {
                        NDList r = call(
                                part,
                                "accumulate",
                                model.arrays(part, batch),
                                new double[0],
                                "f",
                                "d",
                                "n",
                                "gd",
                                "gn");
                        loss += number(r.get(0));
                    }
                }
                NDList r = call(
                        scope, "apply", Map.of(), numbers, "d", "n", "md", "vd", "sd", "mn", "vn", "sn", "gd", "gn");
                return new Result(loss / scored, scored, number(r.get(0)));
            }
        });
    }

    private static double number(NDArray scalar) {
        return scalar.toType(ai.djl.ndarray.types.DataType.FLOAT64, false).toDoubleArray()[0];
    }

    @Override
    public Map<String, Tensor> gradients(Map<String, Tensor> inputs) {
        long scored = TorchModel.scored(model.graph(), inputs);
        return model.whileOpen(() -> {
            try (PtNDManager scope = torch.scope()) {
                NDList r = call(scope, "gradients", model.arrays(scope, inputs), new double[0], "f", "d", "n");
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
            }
        });
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            program.close();
            memory.close();
            model.trainerClosed();
        }
    }
}
