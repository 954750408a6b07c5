"""Scores labels after many prompts that begin alike with llama.cpp, through the C interface of a shared library of it.

The common beginning is decoded once. The sequences of a batch of prompts share its cells; a prompt's own tokens belong
to the sequences of all its labels, and a label's tokens but the last to one of them.

Arguments: GGUF_FILE THREADS REPETITIONS TOKENS_FILE SCORES_FILE BATCH LIBRARY
The files are those of fewshot.py. Prints lines "result NAME VALUE"; medians over the repetitions, the first run (of one
batch) is not counted.
"""

import ctypes
import resource
import statistics
import sys
import time

import numpy as np

MICRO_BATCH = 512
ROOM = 2048


class Parameters(ctypes.Structure):
    """Parameters of a context: the numbers set here lead the structure; the rest is kept as the library gives it."""

    _fields_ = [
        ("n_ctx", ctypes.c_uint32),
        ("n_batch", ctypes.c_uint32),
        ("n_ubatch", ctypes.c_uint32),
        ("n_seq_max", ctypes.c_uint32),
        ("n_threads", ctypes.c_int32),
        ("n_threads_batch", ctypes.c_int32),
        ("rest", ctypes.c_uint8 * 232),
    ]


class ModelParameters(ctypes.Structure):
    _fields_ = [("all", ctypes.c_uint8 * 256)]


class Batch(ctypes.Structure):
    _fields_ = [
        ("n_tokens", ctypes.c_int32),
        ("token", ctypes.POINTER(ctypes.c_int32)),
        ("embd", ctypes.POINTER(ctypes.c_float)),
        ("pos", ctypes.POINTER(ctypes.c_int32)),
        ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
        ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
        ("logits", ctypes.POINTER(ctypes.c_int8)),
    ]


def library(path):
    lib = ctypes.CDLL(path)
    pointer, integer = ctypes.c_void_p, ctypes.c_int32
    signatures = {
        "llama_backend_init": (None, []),
        "llama_model_default_params": (ModelParameters, []),
        "llama_context_default_params": (Parameters, []),
        "llama_model_load_from_file": (pointer, [ctypes.c_char_p, ModelParameters]),
        "llama_init_from_model": (pointer, [pointer, Parameters]),
        "llama_model_get_vocab": (pointer, [pointer]),
        "llama_vocab_n_tokens": (integer, [pointer]),
        "llama_batch_init": (Batch, [integer, integer, integer]),
        "llama_decode": (integer, [pointer, Batch]),
        "llama_get_logits_ith": (ctypes.POINTER(ctypes.c_float), [pointer, integer]),
        "llama_kv_self_clear": (None, [pointer]),
        "llama_kv_self_seq_rm": (ctypes.c_bool, [pointer, integer, integer, integer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


class Scorer:
    def __init__(self, lib, gguf, threads, shared, labels, prompts, batch):
        self.lib, self.shared, self.labels = lib, shared, labels
        self.sequences = batch * len(labels) + 1
        lib.llama_backend_init()
        model = lib.llama_model_load_from_file(gguf.encode(), lib.llama_model_default_params())
        own = len(prompts[0]) + len(labels) * len(labels[0])
        parameters = lib.llama_context_default_params()
        parameters.n_ctx = len(shared) + batch * own + 64
        parameters.n_batch, parameters.n_ubatch = ROOM, MICRO_BATCH
        parameters.n_seq_max = self.sequences
        parameters.n_threads = parameters.n_threads_batch = threads
        self.context = lib.llama_init_from_model(model, parameters)
        self.vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
        self.batch = lib.llama_batch_init(ROOM, 0, self.sequences)

    def decode(self, rows):
        """Rows of (token, position, sequences, whether its logits are wanted)."""
        for i, (token, position, sequences, wanted) in enumerate(rows):
            self.batch.token[i], self.batch.pos[i], self.batch.logits[i] = token, position, wanted
            self.batch.n_seq_id[i] = len(sequences)
            for k, sequence in enumerate(sequences):
                self.batch.seq_id[i][k] = sequence
        self.batch.n_tokens = len(rows)
        status = self.lib.llama_decode(self.context, self.batch)
        if status != 0:
            raise RuntimeError(f"llama_decode gave {status}")

    def log_probabilities(self, row):
        logits = np.ctypeslib.as_array(self.lib.llama_get_logits_ith(self.context, row), (self.vocabulary,))
        top = logits.max()
        return logits - (top + np.log(np.exp(logits - top).sum()))

    def begin(self):
        self.lib.llama_kv_self_clear(self.context)
        everybody = range(self.sequences)
        self.decode([(id, i, everybody, i + 1 == len(self.shared)) for i, id in enumerate(self.shared)])

    def score(self, prompts):
        rows, ends = [], []
        for number, prompt in enumerate(prompts):
            first = 1 + number * len(self.labels)
            sequences = range(first, first + len(self.labels))
            start = len(self.shared)
            rows += [(id, start + i, sequences, i + 1 == len(prompt)) for i, id in enumerate(prompt)]
            ends.append(len(rows) - 1)
            start += len(prompt)
            for sequence, label in zip(sequences, self.labels):
                rows += [(id, start + i, [sequence], True) for i, id in enumerate(label[:-1])]
        self.decode(rows)
        results = []
        for end in ends:
            first, row, scores = self.log_probabilities(end), end, []
            for label in self.labels:
                total = first[label[0]]
                for id in label[1:]:
                    row += 1
                    total += self.log_probabilities(row)[id]
                scores.append(total)
            results.append(scores)
        for sequence in range(1, self.sequences):
            self.lib.llama_kv_self_seq_rm(self.context, sequence, len(self.shared), -1)
        return results


def main(gguf, threads, repetitions, tokens, scores, batch, path):
    lines = {"shared": [], "label": [], "prompt": []}
    with open(tokens) as file:
        for line in file:
            kind, *ids = line.split()
            lines[kind].append([int(i) for i in ids])
    prompts = lines["prompt"]
    scorer = Scorer(library(path), gguf, threads, lines["shared"][0], lines["label"], prompts, batch)
    scorer.begin()
    scorer.score(prompts[:batch])
    rates, cores = [], []
    for _ in range(repetitions):
        wall, processor = time.perf_counter(), time.process_time()
        scorer.begin()
        found = [row for i in range(0, len(prompts), batch) for row in scorer.score(prompts[i : i + batch])]
        processor, wall = time.process_time() - processor, time.perf_counter() - wall
        rates.append(len(prompts) / wall)
        cores.append(processor / wall)
    with open(scores, "w") as file:
        for row in found:
            print(*(f"{value:.6f}" for value in row), file=file)
    print("result prompts_per_second", statistics.median(rates))
    print("result cores_used", statistics.median(cores))
    print("result peak_resident_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5], int(sys.argv[6]), sys.argv[7])
