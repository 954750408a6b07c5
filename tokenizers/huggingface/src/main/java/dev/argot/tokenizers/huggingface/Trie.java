package dev.argot.tokenizers.huggingface;

import java.util.Arrays;

/** Strings with ids, to be found letter by letter. Written first, then only read. */
final class Trie {
    static final int ROOT = 0;

    private final PairTable children;
    private int[] ids;
    private int nodes = 1;

    Trie(int expectedStrings) {
        children = new PairTable(expectedStrings * 2);
        ids = new int[Math.max(16, expectedStrings * 2)];
        Arrays.fill(ids, -1);
    }

    void put(String string, int id) {
        int node = ROOT;
        for (int i = 0; i < string.length(); i++) {
            int next = child(node, string.charAt(i));
            if (next < 0) {
                next = nodes++;
                children.put(node, string.charAt(i), next);
                if (next >= ids.length) {
                    int old = ids.length;
                    ids = Arrays.copyOf(ids, old * 2);
                    Arrays.fill(ids, old, ids.length, -1);
                }
            }
            node = next;
        }
        ids[node] = id;
    }

    /** The node one char below a node, or -1. */
    int child(int node, char c) {
        return (int) children.get(node, c);
    }

    /** The node below a node at the end of a string, or -1. */
    int descend(int node, String string) {
        int at = node;
        for (int i = 0; i < string.length() && at >= 0; i++) {
            at = child(at, string.charAt(i));
        }
        return at;
    }

    /** The id of the string that ends at a node, or -1. */
    int id(int node) {
        return ids[node];
    }

    /** The id of exactly these chars, or -1. */
    int id(char[] chars, int from, int to) {
        int node = ROOT;
        for (int i = from; i < to; i++) {
            node = child(node, chars[i]);
            if (node < 0) {
                return -1;
            }
        }
        return ids[node];
    }

    boolean isEmpty() {
        return nodes == 1;
    }
}
