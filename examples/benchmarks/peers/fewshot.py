"""Scores labels after many prompts that begin alike with Hugging Face Transformers in float32.

Keys and values of the common beginning are computed once and expanded over a batch of prompts; then the labels of
the batch are scored together after their prompts.

Arguments: MODEL_FOLDER THREADS REPETITIONS TOKENS_FILE SCORES_FILE BATCH
TOKENS_FILE: a line "shared IDS", lines "label IDS" of the same length, lines "prompt IDS" of the same length.
Prints lines "result NAME VALUE"; medians over the repetitions, the first run (of one batch) is not counted.
"""

import resource
import statistics
import sys
import time

import torch
from transformers import AutoModelForCausalLM, DynamicCache


def read(path):
    lines = {"shared": [], "label": [], "prompt": []}
    with open(path) as file:
        for line in file:
            kind, *ids = line.split()
            lines[kind].append([int(i) for i in ids])
    return (torch.tensor(lines[kind]) for kind in ("shared", "label", "prompt"))


def repeated(cache, times):
    """A cache in which every row stands several times in a row."""
    return DynamicCache(
        [(layer.keys.repeat_interleave(times, 0), layer.values.repeat_interleave(times, 0)) for layer in cache.layers]
    )


def expanded(cache, rows):
    """A cache of many rows that all begin like its only one."""
    return DynamicCache(
        [(layer.keys.expand(rows, -1, -1, -1), layer.values.expand(rows, -1, -1, -1)) for layer in cache.layers]
    )


def score(model, shared, labels, prompts, batch):
    beginning = DynamicCache()
    model(shared, past_key_values=beginning, logits_to_keep=1)
    results = []
    for rows in prompts.split(batch):
        cache = expanded(beginning, len(rows))
        first = model(rows, past_key_values=cache, logits_to_keep=1).logits
        targets = labels.repeat(len(rows), 1)
        logits = first.repeat_interleave(len(labels), 0)
        if labels.shape[1] > 1:
            rest = model(targets[:, :-1], past_key_values=repeated(cache, len(labels))).logits
            logits = torch.cat([logits, rest], 1)
        chosen = logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1))
        results.append(chosen.sum((1, 2)).view(len(rows), len(labels)))
    return torch.cat(results)


def main(folder, threads, repetitions, tokens, scores, batch):
    torch.set_num_threads(threads)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    shared, labels, prompts = read(tokens)
    rates, cores = [], []
    with torch.inference_mode():
        score(model, shared, labels, prompts[:batch], batch)
        for _ in range(repetitions):
            wall, processor = time.perf_counter(), time.process_time()
            found = score(model, shared, labels, prompts, batch)
            processor, wall = time.process_time() - processor, time.perf_counter() - wall
            rates.append(len(prompts) / wall)
            cores.append(processor / wall)
    with open(scores, "w") as file:
        for row in found.tolist():
            print(*(f"{value:.6f}" for value in row), file=file)
    print("result prompts_per_second", statistics.median(rates))
    print("result cores_used", statistics.median(cores))
    print("result peak_resident_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5], int(sys.argv[6]))
