"""Throughput of the Rust tokenizers library through its Python binding: the lines of a text, in batches.

Arguments: MODEL_FOLDER THREADS REPETITIONS TEXT_FILE
Prints lines "result NAME VALUE"; the median over the repetitions, the first run is not counted.
"""

import os
import resource
import statistics
import sys
import time


def main(folder, threads, repetitions, file):
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"
    from tokenizers import Tokenizer  # reads the environment when it is loaded

    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with open(file, encoding="utf-8") as lines:
        texts = [line.rstrip("\n") for line in lines]
    size = sum(len(text.encode("utf-8")) for text in texts)
    rates, cores = [], []
    for repetition in range(repetitions + 1):
        wall, processor = time.perf_counter(), time.process_time()
        tokens = 0
        for i in range(0, len(texts), 1024):
            batch = tokenizer.encode_batch_fast(texts[i : i + 1024], add_special_tokens=False)
            tokens += sum(len(encoding) for encoding in batch)
        processor, wall = time.process_time() - processor, time.perf_counter() - wall
        if repetition > 0:
            rates.append(size / 1e6 / wall)
            cores.append(processor / wall)
    print("result megabytes_per_second", statistics.median(rates))
    print("result tokens", tokens)
    print("result cores_used", statistics.median(cores))
    print("result peak_resident_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
