package dev.argot.engine.gpu;

import dev.argot.api.adaptation.Optimizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An optimizer as TorchScript: what it keeps of each parameter, and the call that updates a list of them in place ({@code
 * functions.torchscript} has the functions).
 *
 * @param kinds what is kept of each parameter, one list of tensors each
 * @param function the function called
 * @param numbers the optimizer's own settings, in the order in which the function takes them
 */
record OptimizerProgram(List<Kind> kinds, String function, List<Object> numbers) {
    /** Something kept of each parameter; by PyTorch's name. */
    enum Kind {
        EXP_AVG,
        EXP_AVG_SQ,
        MAX_EXP_AVG_SQ,
        MOMENTUM_BUFFER,
        SQUARE_AVG,
        /** Of a matrix the means of its rows, of a vector every element. */
        EXP_AVG_SQ_ROW,
        /** Of a matrix the means of its columns, of a vector nothing. */
        EXP_AVG_SQ_COL;

        /** The tensor's name in a state. */
        String of(String parameter, int rank) {
            String kind = this == EXP_AVG_SQ_ROW && rank < 2 ? "exp_avg_sq" : name().toLowerCase(java.util.Locale.ROOT);
            return "optimizer." + kind + "." + parameter;
        }

        /** Its shape for a parameter of this shape; without elements if nothing is kept. */
        long[] shape(long[] parameter) {
            int rank = parameter.length;
            return switch (this) {
                case EXP_AVG, EXP_AVG_SQ, MAX_EXP_AVG_SQ, MOMENTUM_BUFFER, SQUARE_AVG -> parameter;
                case EXP_AVG_SQ_ROW -> rank < 2 ? parameter : Arrays.copyOf(parameter, rank - 1);
                case EXP_AVG_SQ_COL -> {
                    if (rank < 2) {
                        yield new long[] {0};
                    }
                    long[] shape = Arrays.copyOf(parameter, rank - 1);
                    shape[rank - 2] = parameter[rank - 1];
                    yield shape;
                }
            };
        }
    }

    static OptimizerProgram of(Optimizer optimizer) {
        return switch (optimizer) {
            case Optimizer.AdamW a -> adam("adamw", a.amsgrad(), a.beta1(), a.beta2(), a.epsilon());
            case Optimizer.Adam a -> adam("adam", false, a.beta1(), a.beta2(), a.epsilon());
            case Optimizer.Sgd s ->
                s.momentum() == 0
                        ? new OptimizerProgram(List.of(), "sgd", List.of())
                        : new OptimizerProgram(
                                List.of(Kind.MOMENTUM_BUFFER),
                                "sgd_momentum",
                                List.of(s.momentum(), s.dampening(), python(s.nesterov())));
            case Optimizer.RmsProp r ->
                new OptimizerProgram(List.of(Kind.SQUARE_AVG), "rmsprop", List.of(r.alpha(), r.epsilon()));
            case Optimizer.Adafactor a -> {
                var kinds = new ArrayList<>(List.of(Kind.EXP_AVG_SQ_ROW, Kind.EXP_AVG_SQ_COL));
                if (a.beta1() > 0) {
                    kinds.add(Kind.EXP_AVG);
                }
                yield new OptimizerProgram(
                        kinds,
                        a.beta1() > 0 ? "adafactor_momentum" : "adafactor",
                        List.of(
                                a.gradientEpsilon(),
                                a.parameterEpsilon(),
                                a.clipThreshold(),
                                a.decayRate(),
                                a.beta1(),
                                python(a.scaleParameter()),
                                python(a.relativeStep()),
                                python(a.warmupInit())));
            }
        };
    }

    private static OptimizerProgram adam(String function, boolean amsgrad, Double... numbers) {
        return amsgrad
                ? new OptimizerProgram(
                        List.of(Kind.EXP_AVG, Kind.EXP_AVG_SQ, Kind.MAX_EXP_AVG_SQ),
                        function + "_amsgrad",
                        List.of((Object[]) numbers))
                : new OptimizerProgram(List.of(Kind.EXP_AVG, Kind.EXP_AVG_SQ), function, List.of((Object[]) numbers));
    }

    private static String python(boolean value) {
        return value ? "True" : "False";
    }

    /** The name of a list of what is kept of the parameters in another list. */
    String list(Kind kind, String parameters) {
        return parameters + kinds.indexOf(kind);
    }

    /** Names of the lists of what is kept of the parameters in a list. */
    List<String> lists(String parameters) {
        return kinds.stream().map(kind -> list(kind, parameters)).toList();
    }

    /**
     * The call that updates a list of parameters.
     *
     * @param parameters the list's name
     * @param updated name of the list of what is changed of them
     * @param gradients an expression for the list of gradients
     * @param decay the weight decay
     */
    String call(String parameters, String updated, String gradients, double decay) {
        return "self." + function + "(" + updated + ", " + gradients + ", "
                + lists(parameters).stream().map(list -> list + ", ").collect(Collectors.joining())
                + "s, lr, " + decay + ", divisor"
                + numbers.stream().map(n -> ", " + n).collect(Collectors.joining()) + ")";
    }
}
