"""Masked-language-model training steps with Hugging Face Transformers, eager, and PyTorch's fused AdamW, in float32 on the CPU.

Arguments: THREADS BATCH SEQUENCE STEPS HIDDEN LAYERS HEADS FFN VOCABULARY, for a BERT with random weights, without dropout.
Prints lines "result NAME VALUE"; the median over the steps, the first two are not counted.
"""

import resource
import statistics
import sys
import time

import torch
from transformers import BertConfig, BertForMaskedLM

imported_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(threads, rows, sequence, steps, hidden, layers, heads, ffn, vocabulary):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=ffn,
        vocab_size=vocabulary,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = BertForMaskedLM(config)
    model.train()
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, fused=True)
    words = torch.randint(5, vocabulary, (rows, sequence))
    masked = torch.rand(words.shape) < 0.15
    batch = {
        "input_ids": torch.where(masked, 103, words),
        "attention_mask": torch.ones_like(words),
        "labels": torch.where(masked, words, -100),
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
