package dev.argot.tokenizers.huggingface;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Unicode normalization (Unicode Standard Annex 15) that knows which character of the source each result stands for. The JDK decomposes,
 * orders and composes single characters and pairs; the algorithm around that is here, since the JDK tells no positions. Immutable.
 */
final class CanonicalForm {
    /** The overlays, the lowest combining class above 0. */
    private static final int FIRST_CLASS_MARK = 0x0334;
    /** A mark of a higher class than {@link #FIRST_CLASS_MARK}. */
    private static final int LATER_CLASS_MARK = 0x05B0;

    private final Normalizer.Form form;
    private final boolean compose;
    private final Normalizer.Form decomposition;
    /** A number for each combining mark that grows with its canonical combining class; marks without class are absent. */
    private final Map<Integer, Integer> orders;

    CanonicalForm(Normalizer.Form form) {
        this.form = form;
        this.compose = form == Normalizer.Form.NFC || form == Normalizer.Form.NFKC;
        this.decomposition =
                form == Normalizer.Form.NFC || form == Normalizer.Form.NFD ? Normalizer.Form.NFD : Normalizer.Form.NFKD;
        this.orders = orders();
    }

    AlignedText normalize(AlignedText text) {
        if (isSimple(text) || Normalizer.isNormalized(text.toString(), form)) {
            return text;
        }
        Run run = new Run(new AlignedText.Builder(text));
        int width;
        for (int i = 0; i < text.length; i += width) {
            width = Characters.width(text.chars, i, text.length);
            int codePoint = Characters.codePoint(text.chars, i, text.length);
            if (codePoint < 0xA0) {
                run.add(codePoint, 0, 0);
                continue;
            }
            String parts = Normalizer.normalize(Character.toString(codePoint), decomposition);
            int change = 0;
            int step;
            for (int k = 0; k < parts.length(); k += step) {
                int part = parts.codePointAt(k);
                step = Character.charCount(part);
                run.add(part, orders.getOrDefault(part, 0), change);
                change = 1;
            }
        }
        return run.finish();
    }

    private boolean isSimple(AlignedText text) {
        int limit = form == Normalizer.Form.NFC ? 0x300 : form == Normalizer.Form.NFD ? 0xC0 : 0xA0;
        for (int i = 0; i < text.length; i++) {
            if (text.chars[i] >= limit) {
                return false;
            }
        }
        return true;
    }

    /** Marks in the order of their classes, found by how the JDK orders pairs of them; equal classes keep their order. */
    private static Map<Integer, Integer> orders() {
        List<Integer> marks = new ArrayList<>();
        for (int c = 0x300; c <= 0x1FFFF; c++) {
            int type = Character.getType(c);
            boolean mark = type == Character.NON_SPACING_MARK
                    || type == Character.COMBINING_SPACING_MARK
                    || type == Character.ENCLOSING_MARK;
            if (mark && decomposesToItself(c) && (swaps(c, FIRST_CLASS_MARK) || swaps(LATER_CLASS_MARK, c))) {
                marks.add(c);
            }
        }
        marks.add(FIRST_CLASS_MARK);
        marks.sort(CanonicalForm::compare);
        Map<Integer, Integer> orders = new HashMap<>();
        int order = 0;
        for (int i = 0; i < marks.size(); i++) {
            if (i == 0 || compare(marks.get(i - 1), marks.get(i)) != 0) {
                order++;
            }
            orders.put(marks.get(i), order);
        }
        return orders;
    }

    private static boolean decomposesToItself(int mark) {
        return Normalizer.isNormalized(Character.toString(mark), Normalizer.Form.NFD);
    }

    private static int compare(int first, int second) {
        return first == second ? 0 : swaps(first, second) ? 1 : swaps(second, first) ? -1 : 0;
    }

    private static boolean swaps(int first, int second) {
        String pair = Character.toString(first) + Character.toString(second);
        return first != second
                && Normalizer.normalize(pair, Normalizer.Form.NFD).codePointAt(0) == second;
    }

    /** A starter and the marks after it, as far as read. */
    private final class Run {
        private final AlignedText.Builder out;
        private int[] codePoints = new int[16];
        private int[] classes = new int[16];
        private int[] changes = new int[16];
        private int size;
        /** A composed starter that may still grow, or -1. */
        private int composee = -1;

        private int composeeChange;
        /** Marks after the composee that did not combine with it. */
        private int[] waiting = new int[16];

        private int[] waitingChanges = new int[16];
        private int waitingSize;
        private int lastClass;

        Run(AlignedText.Builder out) {
            this.out = out;
        }

        /** Adds a decomposed character; {@code change} is 0 for one that replaces a source character, 1 for one that is new. */
        void add(int codePoint, int order, int change) {
            if (order == 0) {
                flush();
            }
            if (size == codePoints.length) {
                codePoints = Arrays.copyOf(codePoints, size * 2);
                classes = Arrays.copyOf(classes, size * 2);
                changes = Arrays.copyOf(changes, size * 2);
            }
            codePoints[size] = codePoint;
            classes[size] = order;
            changes[size++] = change;
        }

        AlignedText finish() {
            flush();
            settle();
            return out.build();
        }

        /** Orders what was collected and hands it on. */
        private void flush() {
            boolean ordered = true;
            for (int i = 1; i < size && ordered; i++) {
                ordered = classes[i - 1] <= classes[i];
            }
            if (!ordered) {
                long[] keys = new long[size];
                for (int i = 0; i < size; i++) {
                    keys[i] = ((long) classes[i] << 32) | i;
                }
                Arrays.sort(keys);
                int[] oldPoints = Arrays.copyOf(codePoints, size);
                int[] oldChanges = Arrays.copyOf(changes, size);
                for (int i = 0; i < size; i++) {
                    codePoints[i] = oldPoints[(int) keys[i]];
                    changes[i] = oldChanges[(int) keys[i]];
                    classes[i] = (int) (keys[i] >>> 32);
                }
            }
            for (int i = 0; i < size; i++) {
                if (compose) {
                    combine(codePoints[i], classes[i], changes[i]);
                } else {
                    write(codePoints[i], changes[i]);
                }
            }
            size = 0;
        }

        private void combine(int codePoint, int order, int change) {
            if (composee < 0) {
                if (order != 0) {
                    write(codePoint, change);
                } else {
                    begin(codePoint, change);
                }
                return;
            }
            boolean blocked = waitingSize > 0 && lastClass >= order;
            int composed = blocked ? -1 : composed(composee, codePoint);
            if (composed >= 0) {
                composee = composed;
                composeeChange += change - 1;
            } else if (order == 0) {
                settle();
                begin(codePoint, change);
            } else {
                if (waitingSize == waiting.length) {
                    waiting = Arrays.copyOf(waiting, waitingSize * 2);
                    waitingChanges = Arrays.copyOf(waitingChanges, waitingSize * 2);
                }
                waiting[waitingSize] = codePoint;
                waitingChanges[waitingSize++] = change;
                lastClass = order;
            }
        }

        private void begin(int codePoint, int change) {
            composee = codePoint;
            composeeChange = change;
        }

        private void settle() {
            if (composee >= 0) {
                write(composee, composeeChange);
                for (int i = 0; i < waitingSize; i++) {
                    write(waiting[i], waitingChanges[i]);
                }
                composee = -1;
                waitingSize = 0;
            }
        }

        private int composed(int first, int second) {
            if (first < 0x80 && second < 0x80) {
                return -1;
            }
            String pair =
                    Normalizer.normalize(Character.toString(first) + Character.toString(second), Normalizer.Form.NFC);
            int codePoint = pair.codePointAt(0);
            return pair.length() == Character.charCount(codePoint) ? codePoint : -1;
        }

        private void write(int codePoint, int change) {
            if (change > 0) {
                out.insert(codePoint);
            } else {
                out.replace(codePoint, -change);
            }
        }
    }
}
