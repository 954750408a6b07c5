"""Training steps of a T5, as for span corruption, with Hugging Face Transformers, eager, and PyTorch's fused AdamW, in float32 on the CPU.

Arguments: THREADS BATCH SEQUENCE TARGET STEPS HIDDEN LAYERS HEADS FFN VOCABULARY, for a T5 with random weights, without dropout; SEQUENCE
tokens a row enter the encoder, TARGET the decoder; a step counts as the encoder's tokens.
Prints lines "result NAME VALUE"; the median over the steps, the first two are not counted.
"""

import resource
import statistics
import sys
import time

import torch
from transformers import T5Config, T5ForConditionalGeneration

imported_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(threads, rows, sequence, target, steps, hidden, layers, heads, ffn, vocabulary):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config = T5Config(
        d_model=hidden,
        d_kv=hidden // heads,
        d_ff=ffn,
        num_layers=layers,
        num_heads=heads,
        vocab_size=vocabulary,
        dropout_rate=0.0,
        decoder_start_token_id=0,
    )
    model = T5ForConditionalGeneration(config)
    model.train()
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, fused=True)
    words = torch.randint(2, vocabulary, (rows, sequence))
    batch = {
        "input_ids": words,
        "attention_mask": torch.ones_like(words),
        "labels": torch.randint(2, vocabulary, (rows, target)),
    }
    rates, cores = [], []
    for step in range(steps + 2):
        wall, processor = time.perf_counter(), time.process_time()
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        last = loss.item()
        processor, wall = time.process_time() - processor, time.perf_counter() - wall
        if step >= 2:
            rates.append(rows * sequence / wall)
            cores.append(processor / wall)
    print("result train_tokens_per_second", statistics.median(rates))
    print("result loss", last)
    print("result cores_used", statistics.median(cores))
    print("result import_resident_mb", imported_mb)
    print("result peak_resident_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
