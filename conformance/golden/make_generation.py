"""Records what Hugging Face Transformers generates under settings of generation_config.json, one case for each.

Usage: python make_generation.py GOLDEN   (needs torch, transformers; versions as in versions.json; the models are those of GOLDEN)
"""

import json
import pathlib
import random
import sys

import torch
import transformers

T5 = "model-t5-v11-gated-gelu"
BART = "model-bart"
GPT2 = "model-gpt2"

# settings that must change what is generated; the second dictionary is what both runs have
CASES = [
    (T5, {"max_length": 9}, {"eos_token_id": 143}),
    (T5, {"min_length": 11}, {"eos_token_id": 143}),
    (T5, {"min_new_tokens": 12}, {"eos_token_id": 143}),
    (T5, {"repetition_penalty": 1.8}, {"eos_token_id": 143}),
    (T5, {"encoder_repetition_penalty": 2.5}, {"eos_token_id": 143}),
    (T5, {"no_repeat_ngram_size": 2}, {}),
    (T5, {"encoder_no_repeat_ngram_size": 1}, {}),
    (T5, {"sequence_bias": [[[9], 3.5], [[9, 9], -8.0]]}, {}),
    (T5, {"exponential_decay_length_penalty": [2, 1.4]}, {"eos_token_id": 143}),
    (T5, {"forced_bos_token_id": 17}, {}),
    (T5, {"forced_eos_token_id": 143}, {"eos_token_id": 143, "max_length": 6}),
    (T5, {"eos_token_id": [143, 5]}, {}),
    (T5, {"num_beams": 4, "early_stopping": True, "length_penalty": 2.0}, {"eos_token_id": 143}),
    (T5, {"num_beams": 3, "min_length": 8, "no_repeat_ngram_size": 3}, {"eos_token_id": 143}),
    (T5, {"renormalize_logits": True}, {"num_beams": 4, "no_repeat_ngram_size": 2, "eos_token_id": 143}),
    (BART, {"forced_bos_token_id": 0, "forced_eos_token_id": 2}, {"max_length": 8}),
    (BART, {"bad_words_ids": [[123], [119, 119], [2]]}, {}),
    (BART, {"suppress_tokens": [123, 119]}, {}),
    (BART, {"begin_suppress_tokens": [123, 24]}, {}),
    (BART, {"begin_suppress_tokens": [119, 123, 24]}, {"forced_bos_token_id": 0}),
    (BART, {"no_repeat_ngram_size": 3, "forced_eos_token_id": 2}, {"num_beams": 4, "max_length": 10}),
    (BART, {"early_stopping": "never", "length_penalty": 0.5}, {"num_beams": 4, "repetition_penalty": 1.4, "eos_token_id": 24}),
    (BART, {"forced_eos_token_id": 24, "length_penalty": -1.0}, {"num_beams": 3, "max_length": 7, "eos_token_id": [2, 24]}),
    (GPT2, {"no_repeat_ngram_size": 2}, {}),
    (GPT2, {"encoder_no_repeat_ngram_size": 1}, {}),
    (GPT2, {"encoder_repetition_penalty": 1.8}, {}),
    (GPT2, {"forced_eos_token_id": 4}, {"max_new_tokens": 5}),
    (GPT2, {"num_beams": 3, "repetition_penalty": 1.5}, {}),
]


def generate(model, settings, prompt):
    settings = {"max_new_tokens": 14, **settings} if "max_length" not in settings else settings
    stated = {k: v for k, v in model.generation_config.to_dict().items() if k.endswith("token_id") and v is not None}
    config = transformers.GenerationConfig.from_dict({**stated, **settings})
    ids = torch.tensor([prompt])
    out = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config, output_scores=True,
                         return_dict_in_generate=True, num_return_sequences=config.num_beams or 1)
    begun = 1 if model.config.is_encoder_decoder else len(prompt)
    ends = settings.get("eos_token_id", stated.get("eos_token_id", -1))
    ends = ends if isinstance(ends, list) else [ends]
    rows = []
    for row in out.sequences.tolist():
        end = next((i for i in range(begun, len(row)) if row[i] in ends), len(row) - 1)
        rows.append(row[begun:end + 1])
    scores = out.sequences_scores.tolist() if (config.num_beams or 1) > 1 else None
    return settings, rows, scores


def main(golden):
    cases = []
    for number, (name, settings, both) in enumerate(CASES):
        cls = transformers.AutoModelForCausalLM if name == GPT2 else transformers.AutoModelForSeq2SeqLM
        single = cls.from_pretrained(golden / name, attn_implementation="eager", dtype=torch.float32).eval()
        double = cls.from_pretrained(golden / name, attn_implementation="eager", dtype=torch.float64).eval()
        draw = random.Random(number)
        for attempt in range(200):
            prompt = [draw.randrange(3, single.config.vocab_size) for _ in range(6)]
            config, rows, scores = generate(single, {**both, **settings}, prompt)
            _, exact, _ = generate(double, {**both, **settings}, prompt)
            _, plain, plain_scores = generate(single, both, prompt)
            if rows == exact and (rows != plain or (scores and scores != plain_scores)):
                break
        else:
            raise AssertionError(f"{name} {settings}: nothing changed, or every decision is close")
        case = {"model": name, "generation_config": config, "input_ids": prompt, "completions": rows}
        if scores:
            case["scores"] = [round(s, 7) for s in scores]
        cases.append(case)
        print(name, settings, rows[0])
    target = golden / "generation-settings"
    target.mkdir(exist_ok=True)
    text = {"case": "generation-settings", "kind": "generation", "transformers": transformers.__version__,
            "meaning": "completions: generated ids up to the end token, best first; scores: of beams", "cases": cases}
    (target / "expected.json").write_text(json.dumps(text, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
