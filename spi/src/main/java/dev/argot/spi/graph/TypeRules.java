package dev.argot.spi.graph;

import java.util.List;

/** Result types of operations, and the checks that operands fit. */
final class TypeRules {
    private TypeRules() {}

    static Type infer(Op op, List<Node> inputs) {
        List<Type> in = inputs.stream().map(Node::type).toList();
        try {
            return rule(op, in);
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("operands do not fit " + op + ": " + in, e);
        }
    }

    private static Type rule(Op op, List<Type> in) {
        return switch (op) {
            case Op.Input input -> input.type();
            case Op.Parameter parameter -> new Type(Type.Kind.FLOAT, parameter.shape());
            case Op.Embedding e ->
                Type.floats(
                        in.get(1).dimension(0),
                        in.get(1).dimension(1),
                        in.get(0).dimension(1));
            case Op.SinusoidalPositions s ->
                Type.floats(in.get(0).dimension(0), in.get(0).dimension(1), s.width());
            case Op.RotaryTable table ->
                Type.floats(
                        in.get(0).dimension(0),
                        1,
                        in.get(0).dimension(1),
                        table.frequencies().dimensions());
            case Op.Rotate r -> {
                check(in.get(1).dimension(-1) <= in.get(0).dimension(-1), op, in);
                yield in.get(0);
            }
            case Op.Mask m ->
                Type.of(Type.Kind.BOOLEAN, Type.BATCH, 1, in.get(0).dimension(1), keys(in.get(1)));
            case Op.AlibiBias a -> Type.floats(Type.BATCH, a.heads(), in.get(0).dimension(1), keys(in.get(1)));
            case Op.RelativeBias r -> {
                check(in.get(0).dimension(0) == r.buckets(), op, in);
                yield Type.floats(Type.BATCH, in.get(0).dimension(1), in.get(1).dimension(1), keys(in.get(2)));
            }
            case Op.DisentangledBias b -> {
                checkHeads(op, in, in.get(0), in.get(1));
                int tables = (b.contentToPosition() ? 1 : 0) + (b.positionToContent() ? 1 : 0);
                check(in.size() == 4 + tables, op, in);
                for (Type table : in.subList(4, in.size())) {
                    check(table.dimension(0) == 2L * b.span(), op, in);
                }
                yield Type.floats(Type.BATCH, b.heads(), in.get(2).dimension(1), keys(in.get(3)));
            }
            case Op.Linear linear -> {
                Type weight = in.get(1);
                check(weight.rank() == 2, op, in);
                long width = weight.dimension(linear.inOut() ? 0 : 1);
                long out = weight.dimension(linear.inOut() ? 1 : 0);
                check(in.get(0).dimension(-1) == width, op, in);
                check(in.size() < 3 || in.get(2).dimension(-1) == out, op, in);
                yield in.get(0).withLast(out);
            }
            case Op.RmsNorm n -> {
                check(in.get(1).dimension(-1) == in.get(0).dimension(-1), op, in);
                yield in.get(0);
            }
            case Op.LayerNorm n -> in.get(0);
            case Op.SplitHeads s -> {
                Type x = in.get(0);
                check(x.rank() == 3 && x.dimension(2) % s.heads() == 0, op, in);
                yield Type.floats(x.dimension(0), s.heads(), x.dimension(1), x.dimension(2) / s.heads());
            }
            case Op.MergeHeads m -> {
                Type x = in.get(0);
                check(x.rank() == 4, op, in);
                yield Type.floats(x.dimension(0), x.dimension(2), x.dimension(1) * x.dimension(3));
            }
            case Op.Narrow n -> {
                check(
                        n.start() >= 0
                                && n.length() > 0
                                && n.start() + n.length() <= in.get(0).dimension(-1),
                        op,
                        in);
                yield in.get(0).withLast(n.length());
            }
            case Op.Attention a -> {
                checkHeads(op, in, in.get(0), in.get(1));
                yield in.get(0).withLast(in.get(2).dimension(-1));
            }
            case Op.AttentionWeights w -> {
                checkHeads(op, in, in.get(0), in.get(1));
                yield in.get(0).withLast(in.get(2).dimension(3));
            }
            case Op.AttentionApply a -> in.get(0).withLast(in.get(1).dimension(-1));
            case Op.CachePut c ->
                Type.floats(
                        in.get(0).dimension(0),
                        in.get(0).dimension(1),
                        Type.KEY,
                        in.get(0).dimension(3));
            case Op.MixtureOfExperts moe -> {
                check(in.size() == 2 + 3 * moe.experts() && moe.active() >= 1 && moe.active() <= moe.experts(), op, in);
                check(in.get(1).dimension(-1) == moe.experts(), op, in);
                yield in.get(0);
            }
            case Op.Add a -> broadcast(op, in);
            case Op.Multiply m -> broadcast(op, in);
            case Op.Activate a -> in.get(0);
            case Op.Scale s -> in.get(0);
            case Op.Softcap s -> in.get(0);
            case Op.Clamp c -> in.get(0);
            case Op.Dropout d -> {
                check(in.get(1).kind() == Type.Kind.INTEGER, op, in);
                yield in.get(0);
            }
            case Op.DoraScale d -> {
                check(in.get(2).dimension(0) == in.get(3).dimension(1), op, in);
                check(in.get(0).dimension(0) == in.get(1).dimension(d.inOut() ? 1 : 0), op, in);
                check(in.get(0).dimension(0) == in.get(3).dimension(0), op, in);
                yield in.get(0);
            }
            case Op.Pool p -> {
                check(in.get(0).rank() == 3 && in.get(1).rank() == 2, op, in);
                yield Type.floats(in.get(0).dimension(0), in.get(0).dimension(2));
            }
            case Op.UnitLength u -> in.get(0);
            case Op.TokenLoss t -> {
                check(in.get(0).rank() >= 2 && in.get(1).rank() == in.get(0).rank() - 1, op, in);
                yield Type.floats();
            }
            case Op.BinaryLoss l -> {
                check(in.get(0).rank() == 2 && in.get(1).rank() == 2, op, in);
                yield Type.floats();
            }
            case Op.SquaredLoss l -> {
                check(in.get(0).rank() == 2 && in.get(1).rank() == 2, op, in);
                yield Type.floats();
            }
            case Op.SpanLoss l -> {
                check(in.size() == 3 && in.get(0).rank() == 3 && in.get(0).dimension(2) == 2, op, in);
                yield Type.floats();
            }
            case Op.SelectTokens s ->
                Type.floats(
                        in.get(0).dimension(0),
                        in.get(1).dimension(1),
                        in.get(0).dimension(2));
            case Op.RouterLoss r -> Type.floats();
        };
    }

    /** Keys of the tokens that are computed now may be cached ones later. */
    private static long keys(Type positions) {
        long keys = positions.dimension(1);
        return keys == Type.QUERY ? Type.KEY : keys;
    }

    private static void checkHeads(Op op, List<Type> in, Type q, Type k) {
        check(q.rank() == 4 && k.rank() == 4 && q.dimension(3) == k.dimension(3), op, in);
        check(q.dimension(1) % k.dimension(1) == 0, op, in);
    }

    private static Type broadcast(Op op, List<Type> in) {
        Type a = in.get(0);
        Type b = in.get(1);
        check(a.dimension(-1) == b.dimension(-1) || a.dimension(-1) == 1 || b.dimension(-1) == 1, op, in);
        return a.rank() >= b.rank() ? a : b;
    }

    private static void check(boolean fits, Op op, List<Type> in) {
        if (!fits) {
            throw new IllegalArgumentException("operands do not fit " + op + ": " + in);
        }
    }
}
