package dev.argot.engine.gpu;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.argot.api.Precision;
import java.util.Arrays;
import java.util.List;

/** Copies and views of key/value caches. Thread-safe. */
final class CacheOperations implements AutoCloseable {
    private static final String METHODS =
            """
              def empty(self: __torch__.Program, rows: int, heads: int, n: int, d: int, type: int, like: Tensor) -> Tensor:
                return torch.empty([rows, heads, n, d], dtype=type, device=ops.prim.device(like))
              def copy(self: __torch__.Program, to: List[Tensor], source: List[Tensor], n: int) -> List[Tensor]:
                for i in range(len(to)):
                  z = torch.copy_(torch.slice(to[i], 2, 0, n), torch.slice(source[i], 2, 0, n))
                return annotate(List[Tensor], [])
              def select(self: __torch__.Program, to: List[Tensor], source: List[Tensor], rows: List[int], n: int) -> List[Tensor]:
                for i in range(len(to)):
                  at = torch.tensor(rows, dtype=4, device=ops.prim.device(source[i]))
                  z = torch.copy_(torch.slice(to[i], 2, 0, n), torch.index_select(torch.slice(source[i], 2, 0, n), 0, at))
                return annotate(List[Tensor], [])
              def prefix(self: __torch__.Program, own: List[Tensor], before: List[Tensor], n: int) -> List[Tensor]:
                r = annotate(List[Tensor], [])
                for i in range(len(own)):
                  if len(before) == 0:
                    p = torch.slice(own[i], 2, 0, n)
                  else:
                    p = torch.cat([before[i], torch.slice(own[i], 2, 0, n)], 2)
                  z = torch.append(r, p)
                return r
              def copy_row(self: __torch__.Program, to: List[Tensor], before: List[Tensor], n: int, own: List[Tensor], row: int, kept: Tensor) -> List[Tensor]:
                for i in range(len(to)):
                  if n > 0:
                    y = torch.copy_(torch.slice(to[i], 2, 0, n), torch.slice(before[i], 2, 0, n))
                  k = torch.numel(kept)
                  z = torch.copy_(torch.slice(to[i], 2, n, n + k), torch.index_select(torch.slice(own[i], 0, row, row + 1), 2, kept))
                return annotate(List[Tensor], [])
              def log_probabilities(self: __torch__.Program, logits: Tensor, at: Tensor, ids: Tensor) -> Tensor:
                flat = torch.flatten(logits, 0, 1)
                places = torch.add(torch.mul(at, torch.size(flat, 1)), ids)
                sums = torch.logsumexp(flat, [1])
                return torch.sub(torch.take(flat, places), torch.index_select(sums, 0, at))
              def states(self: __torch__.Program, source: List[Tensor], type: int) -> List[Tensor]:
                r = annotate(List[Tensor], [])
                for i in range(len(source)):
                  z = torch.append(r, torch.contiguous(torch.to(source[i], type)))
                return r
              def rows(self: __torch__.Program, source: List[Tensor], rows: List[int]) -> List[Tensor]:
                # rows that are all the same take no memory of their own
                r = annotate(List[Tensor], [])
                for i in range(len(source)):
                  if torch.size(source[i], 0) == 1 and torch.dim(source[i]) == 4:
                    s = torch.expand(source[i], [len(rows), -1, -1, -1])
                  else:
                    at = torch.tensor(rows, dtype=4, device=ops.prim.device(source[i]))
                    s = torch.index_select(source[i], 0, at)
                  z = torch.append(r, s)
                return r
            """;

    private final Torch torch;
    private final Torch.Program program;
    private final long type;

    CacheOperations(Torch torch, Precision precision) {
        this.torch = torch;
        this.type =
                switch (precision) { // PyTorch's numbers of number formats
                    case BFLOAT16, INT8, INT4 -> 15;
                    case FLOAT16 -> 5;
                    case FLOAT32 -> 6;
                };
        this.program = torch.load(Functions.program(METHODS));
    }

    /** Room for keys or values; not initialised, so that memory is taken when it is written. */
    PtNDArray empty(PtNDManager owner, long rows, long heads, long slots, long size) {
        try (PtNDManager scope = torch.scope();
                IValue r = IValue.from(rows);
                IValue h = IValue.from(heads);
                IValue n = IValue.from(slots);
                IValue d = IValue.from(size);
                IValue t = IValue.from(type);
                IValue like = IValue.from(torch.zeros(scope, 1))) {
            return torch.run(owner, program, "empty", r, h, n, d, t, like)[0];
        }
    }

    /** Copies the first slots of every buffer. */
    void copy(PtNDArray[] target, PtNDArray[] source, int slots) {
        try (PtNDManager scope = torch.scope();
                IValue t = IValue.listFrom(target);
                IValue s = IValue.listFrom(source);
                IValue n = IValue.from((long) slots)) {
            torch.run(scope, program, "copy", t, s, n);
        }
    }

    /** Copies the first slots of chosen rows; target and source may be the same. */
    void select(PtNDArray[] target, PtNDArray[] source, int[] rows, int slots) {
        try (PtNDManager scope = torch.scope();
                IValue t = IValue.listFrom(target);
                IValue s = IValue.listFrom(source);
                IValue r = IValue.listFrom(Arrays.stream(rows).asLongStream().toArray());
                IValue n = IValue.from((long) slots)) {
            torch.run(scope, program, "select", t, s, r, n);
        }
    }

    /** The first slots of every buffer, as a view where nothing stands before them. */
    PtNDArray[] prefix(PtNDManager owner, PtNDArray[] own, PtNDArray[] before, int slots) {
        try (IValue o = IValue.listFrom(own);
                IValue b = IValue.listFrom(before);
                IValue n = IValue.from((long) slots)) {
            return torch.run(owner, program, "prefix", o, b, n);
        }
    }

    /**
     * Copies keys and values of a row.
     *
     * @param target of one row
     * @param before what all rows begin with; empty where they begin with nothing
     * @param length tokens taken from there
     * @param row the row of the own buffers
     * @param slots its slots that are taken
     */
    void copyRow(PtNDArray[] target, PtNDArray[] before, int length, PtNDArray[] own, int row, long[] slots) {
        try (PtNDManager scope = torch.scope();
                IValue t = IValue.listFrom(target);
                IValue b = IValue.listFrom(before);
                IValue n = IValue.from((long) length);
                IValue o = IValue.listFrom(own);
                IValue r = IValue.from((long) row);
                IValue s = IValue.from(torch.longs(scope, slots, slots.length))) {
            torch.run(scope, program, "copy_row", t, b, n, o, r, s);
        }
    }

    /**
     * Log-probabilities of chosen tokens, so that logits need not leave the device.
     *
     * @param logits [rows, selected, vocabulary], float32
     * @param chosen pairs of an index of the flattened selected tokens, and an id
     */
    PtNDArray logProbabilities(PtNDManager owner, PtNDArray logits, List<long[]> chosen) {
        long[] at = chosen.stream().mapToLong(pair -> pair[0]).toArray();
        long[] ids = chosen.stream().mapToLong(pair -> pair[1]).toArray();
        try (PtNDManager scope = torch.scope();
                IValue l = IValue.from(logits);
                IValue a = IValue.from(torch.longs(scope, at, at.length));
                IValue i = IValue.from(torch.longs(scope, ids, ids.length))) {
            return torch.run(owner, program, "log_probabilities", l, a, i)[0];
        }
    }

    /** Bytes of a number in a cache. */
    int bytesPerNumber() {
        return type == 6 ? 4 : 2;
    }

    /** Keys and values that do not change, as the cache holds them. */
    PtNDArray[] states(PtNDManager owner, PtNDArray[] source) {
        try (IValue s = IValue.listFrom(source);
                IValue t = IValue.from(type)) {
            return torch.run(owner, program, "states", s, t);
        }
    }

    /** Chosen rows, as views where there is but one to choose. */
    PtNDArray[] rows(PtNDManager owner, PtNDArray[] source, int[] rows) {
        try (IValue s = IValue.listFrom(source);
                IValue r = IValue.listFrom(Arrays.stream(rows).asLongStream().toArray())) {
            return torch.run(owner, program, "rows", s, r);
        }
    }

    @Override
    public void close() {
        program.close();
    }
}
