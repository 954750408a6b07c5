"""One greedy token with Hugging Face Transformers in float32, as soon as possible after the process starts.

Arguments: MODEL_FOLDER THREADS PROMPT
"""

import resource
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main(folder, threads, prompt):
    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        inputs = tokenizer(prompt, return_tensors="pt")
        tokens = model.generate(**inputs, do_sample=False, max_new_tokens=1)
    print("token", tokenizer.decode(tokens[0, -1:]), flush=True)
    print("result peak_resident_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
