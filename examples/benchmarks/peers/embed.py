"""Embedding of the lines of a text with Hugging Face Transformers in float32 on the CPU: mean of the last hidden states, length 1.

Arguments: MODEL_FOLDER THREADS REPETITIONS TEXT_FILE BATCH ORDER
ORDER is "sorted" by length, as the library sentence-transformers does it, or "given".
Prints lines "result NAME VALUE"; medians over the repetitions, the first run is not counted.
"""

import resource
import statistics
import sys
import time

import torch
from transformers import AutoModel, AutoTokenizer


def embed(model, tokenizer, lines, batch):
    with torch.inference_mode():
        for i in range(0, len(lines), batch):
            inputs = tokenizer(lines[i : i + batch], padding=True, truncation=True, max_length=256, return_tensors="pt")
            hidden = model(**inputs).last_hidden_state
            mask = inputs["attention_mask"].unsqueeze(-1)
            torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1))


def main(folder, threads, repetitions, text, batch, order):
    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with open(text, encoding="utf-8") as file:
        lines = file.read().splitlines()
    if order == "sorted":
        lines.sort(key=len, reverse=True)
    rates, cores = [], []
    for repetition in range(repetitions + 1):
        wall, processor = time.perf_counter(), time.process_time()
        embed(model, tokenizer, lines, batch)
        processor, wall = time.process_time() - processor, time.perf_counter() - wall
        if repetition > 0:
            rates.append(len(lines) / wall)
            cores.append(processor / wall)
    print("result sentences_per_second", statistics.median(rates))
    print("result cores_used", statistics.median(cores))
    print("result peak_resident_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]), sys.argv[6])
