"""Greedy decoding with Hugging Face Transformers in float32 on the CPU.

Arguments: MODEL_FOLDER THREADS NEW_TOKENS REPETITIONS PROMPT
Prints lines "result NAME VALUE"; medians over the repetitions, the first run is not counted.
"""

import resource
import statistics
import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

imported_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Stopwatch:
    """A streamer: notes when the prompt and then each token arrives."""

    def __init__(self):
        self.times = []

    def put(self, tokens):
        self.times.append(time.perf_counter())

    def end(self):
        pass


def main(folder, threads, new_tokens, repetitions, prompt):
    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
    length = inputs["input_ids"].shape[1]
    prefill, decode, cores = [], [], []
    for repetition in range(repetitions + 1):
        watch = Stopwatch()
        wall, processor = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            model.generate(
                **inputs,
                do_sample=False,
                max_new_tokens=new_tokens,
                min_new_tokens=new_tokens,
                streamer=watch,
            )
        processor, wall = time.process_time() - processor, time.perf_counter() - wall
        if repetition == 0:
            continue
        start, first, last = watch.times[0], watch.times[1], watch.times[-1]
        prefill.append(length / (first - start))
        if new_tokens > 1:
            decode.append((new_tokens - 1) / (last - first))
        cores.append(processor / wall)
    print("result prompt_tokens", length)
    print("result prefill_tokens_per_second", statistics.median(prefill))
    if decode:
        print("result decode_tokens_per_second", statistics.median(decode))
    print("result cores_used", statistics.median(cores))
    print("result import_resident_mb", imported_mb)
    print("result peak_resident_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
