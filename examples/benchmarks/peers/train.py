"""Training steps with Hugging Face Transformers, eager, and PyTorch's fused AdamW, in float32 on the CPU.

Arguments: THREADS BATCH SEQUENCE STEPS METHOD, then MODEL_FOLDER for a checkpoint, or HIDDEN LAYERS HEADS FFN VOCABULARY for a llama with
random weights. METHOD is "full", "recompute" (full, with gradient checkpointing), or "lora": PEFT with rank 8 on every linear layer but the head.
Prints lines "result NAME VALUE"; the median over the steps, the first two are not counted.
"""

import resource
import statistics
import sys
import time

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

imported_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def new_llama(hidden, layers, heads, ffn, vocabulary):
    config = LlamaConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        intermediate_size=ffn,
        vocab_size=vocabulary,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config)


def with_lora(model):
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(model, config)


def main(threads, batch, sequence, steps, method, *source):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    if len(source) == 1:
        model = AutoModelForCausalLM.from_pretrained(source[0], dtype=torch.float32)
    else:
        model = new_llama(*map(int, source))
    model.config.use_cache = False
    vocabulary = model.config.vocab_size
    if method == "lora":
        model = with_lora(model)
    if method == "recompute":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.train()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, fused=True)
    ids = torch.randint(0, vocabulary, (batch, sequence))
    rates, cores = [], []
    for step in range(steps + 2):
        wall, processor = time.perf_counter(), time.process_time()
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        last = loss.item()
        processor, wall = time.process_time() - processor, time.perf_counter() - wall
        if step >= 2:
            rates.append(batch * sequence / wall)
            cores.append(processor / wall)
    print("result train_tokens_per_second", statistics.median(rates))
    print("result loss", last)
    print("result cores_used", statistics.median(cores))
    print("result import_resident_mb", imported_mb)
    print("result peak_resident_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]), *sys.argv[5:])
