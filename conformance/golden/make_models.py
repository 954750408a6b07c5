"""Records more golden decoder cases from Hugging Face Transformers, in the layout of FORMAT.md.

Usage: python make_models.py FOLDER   (needs torch, transformers, safetensors; versions as in versions.json)
"""

import copy
import inspect
import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file

_to, _float, _softmax = torch.Tensor.to, torch.Tensor.float, torch.nn.functional.softmax


def keep_double(tensor, *arguments, **keywords):
    """Tensor.to that does not narrow float64: models cast to float32 in norms and softmax."""
    if tensor.dtype == torch.float64:
        arguments = [a for a in arguments if a is not torch.float32]
        keywords = {k: v for k, v in keywords.items() if v is not torch.float32}
        if not arguments and not keywords:
            return tensor
    return _to(tensor, *arguments, **keywords)


def double_softmax(tensor, dim=None, dtype=None, **keywords):
    return _softmax(tensor, dim=dim, dtype=torch.float64 if tensor.dtype == torch.float64 else dtype, **keywords)


torch.Tensor.to = keep_double
torch.Tensor.float = lambda tensor: tensor if tensor.dtype == torch.float64 else _float(tensor)
torch.nn.functional.softmax = double_softmax

SMALL = dict(vocab_size=128, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)


def small(**changes):
    return {k: v for k, v in {**SMALL, **changes}.items() if v is not None}


CASES = {
    "model-cohere": ("CohereForCausalLM", small(logit_scale=0.25), "parallel residual, interleaved rotary, logit scale"),
    "model-falcon-grouped": ("FalconForCausalLM", small(
        num_key_value_heads=None, intermediate_size=None, num_kv_heads=2, new_decoder_architecture=True, bias=True, tie_word_embeddings=True),
        "grouped queries in one matrix, two norms side by side"),
    "model-falcon-multi-query": ("FalconForCausalLM", small(
        num_key_value_heads=None, intermediate_size=None, multi_query=True, tie_word_embeddings=True),
        "one key/value head, one norm, parallel residual"),
    "model-falcon-serial": ("FalconForCausalLM", small(
        num_key_value_heads=None, intermediate_size=None, multi_query=False, parallel_attn=False, bias=True, ffn_hidden_size=80,
        tie_word_embeddings=True), "a key/value head for each head, attention before feed-forward"),
    "model-gemma": ("GemmaForCausalLM", small(head_dim=16, num_key_value_heads=1), "one key/value head, head size of its own"),
    "model-gpt-neox-serial": ("GPTNeoXForCausalLM", small(
        num_key_value_heads=None, use_parallel_residual=False, attention_bias=False, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 5000.0, "partial_rotary_factor": 0.5}),
        "attention before feed-forward, no attention bias, tied head"),
    "model-llama-rope-dynamic": ("LlamaForCausalLM", small(
        max_position_embeddings=12, rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}),
        "dynamic rotary scaling, longer than the original context"),
    "model-llama-rope-yarn": ("LlamaForCausalLM", small(
        head_dim=16, max_position_embeddings=256,
        rope_parameters={"rope_type": "yarn", "factor": 4.0, "rope_theta": 10000.0, "original_max_position_embeddings": 64,
                         "beta_fast": 8.0, "beta_slow": 1.0}), "YaRN rotary scaling"),
    "model-olmo": ("OlmoForCausalLM", small(clip_qkv=0.5), "norms without weights, clipped queries, keys and values"),
    "model-opt-post-norm": ("OPTForCausalLM", small(
        num_key_value_heads=None, intermediate_size=None, ffn_dim=64, word_embed_proj_dim=16, do_layer_norm_before=False),
        "norms after each half, narrow embeddings"),
    "model-phi": ("PhiForCausalLM", small(
        num_key_value_heads=None, qk_layernorm=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}),
        "parallel residual, partial rotary, head norms, bias on the head"),
    "model-phi3-longrope-long": ("Phi3ForCausalLM", small(
        max_position_embeddings=64, original_max_position_embeddings=3,
        rope_parameters={"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.1, 1.2, 1.5],
                         "long_factor": [1.0, 2.0, 4.0, 8.0], "original_max_position_embeddings": 3}),
        "LongRoPE, longer than the original context"),
    "model-phi3-longrope-short": ("Phi3ForCausalLM", small(
        max_position_embeddings=256, original_max_position_embeddings=64,
        rope_parameters={"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.1, 1.2, 1.5],
                         "long_factor": [1.0, 2.0, 4.0, 8.0], "original_max_position_embeddings": 64}),
        "LongRoPE, within the original context"),
    "model-qwen2-sliding": ("Qwen2ForCausalLM", small(
        num_hidden_layers=3, use_sliding_window=True, sliding_window=5, max_window_layers=1, tie_word_embeddings=False),
        "sliding window in the later layers"),
    "model-qwen3-moe": ("Qwen3MoeForCausalLM", small(
        num_hidden_layers=3, head_dim=8, num_experts=6, num_experts_per_tok=2, moe_intermediate_size=24, norm_topk_prob=True,
        mlp_only_layers=[1], router_aux_loss_coef=0.02), "mixture of experts in two of three layers"),
    "model-stablelm": ("StableLmForCausalLM", small(
        use_qkv_bias=True, use_parallel_residual=False,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}),
        "layer norms, partial rotary, biases on queries, keys and values"),
    "model-starcoder2": ("Starcoder2ForCausalLM", small(sliding_window=6), "layer norms, biases, sliding window, no gate"),
}


def build(architecture, settings, seed):
    torch.manual_seed(seed)
    model_class = getattr(transformers, architecture)
    config = model_class.config_class(**settings)
    model = model_class(config).eval()
    model.set_attn_implementation("eager")
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 1 and name.endswith("weight"):
                p.copy_(1 + 0.2 * torch.randn_like(p)) if "gemma" not in config.model_type else p.copy_(0.2 * torch.randn_like(p))
            else:
                p.copy_(0.25 * torch.randn_like(p))
    return model


def batch(vocabulary, seed):
    g = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, vocabulary, (2, 20), generator=g)
    mask = torch.ones_like(ids)
    mask[1, 14:] = 0
    ids[1, 14:] = 0
    labels = ids.clone()
    labels[mask == 0] = -100
    labels[0, 3] = -100
    return ids, mask, labels


def run(model, ids, mask, labels):
    out = model(input_ids=ids, attention_mask=mask, labels=labels, output_hidden_states=True, use_cache=False)
    result = dict(logits=out.logits, loss=out.loss, hidden_state_0=out.hidden_states[0], hidden_state_1=out.hidden_states[1],
                  last_hidden_state=out.hidden_states[-1])
    attention = model(input_ids=ids, attention_mask=mask, output_attentions=True, use_cache=False).attentions[0]
    if attention[0, 0, 0, 1:].abs().max() == 0:  # Falcon's weights are not causal when they are asked for
        result["attention_layer0"] = attention
    return result


def names(model):
    return dict(model.named_parameters())


def gradients(model, ids, mask, labels):
    model.zero_grad()
    loss = model(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).loss
    loss.backward()
    return {n: p.grad.detach().clone() if p.grad is not None else torch.zeros_like(p) for n, p in names(model).items()}


def norms_in_checkpoint(gradients):
    """Transformers holds the experts of a layer in one tensor, a checkpoint has a tensor for each."""
    norms = {}
    for name, g in gradients.items():
        if ".experts." not in name or name.endswith(".weight"):
            norms[name] = g.norm().item()
            continue
        for expert, one in enumerate(g):
            parts = dict(zip(("gate_proj", "up_proj"), one.chunk(2))) if name.endswith("gate_up_proj") else {"down_proj": one}
            for part, value in parts.items():
                norms[f"{name.rpartition('.')[0]}.{expert}.{part}.weight"] = value.norm().item()
    return norms


def adamw(model, ids, mask, labels):
    model = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)
    losses, norms = [], []
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).loss
        losses.append(loss.item())
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
    losses.append(model(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).loss.item())
    return losses, norms, {n: p.detach() for n, p in names(model).items()}


def generate(model, prompt, **arguments):
    return model.generate(input_ids=prompt, do_sample=False, eos_token_id=2, pad_token_id=0, return_dict_in_generate=True,
                          output_scores=True, **arguments)


def smallest_gap(generations):
    """Smallest distance of the two best logits in any step."""
    return min((s.topk(2).values[:, 0] - s.topk(2).values[:, 1]).min().item() for out in generations for s in out.scores)


def record(folder, name, architecture, settings, notes, seed):
    model = build(architecture, settings, seed)
    exact = copy.deepcopy(model).double()
    vocabulary = settings["vocab_size"]
    ids, mask, labels = batch(vocabulary, seed)
    single, double = run(model, ids, mask, labels), run(exact, ids, mask, labels)
    pairs = {k: (single[k].detach(), double[k].detach()) for k in single}

    front_ids, front_mask = ids.clone(), mask.clone()
    front_ids[1], front_mask[1] = torch.roll(ids[1], 6), torch.roll(mask[1], 6)
    positions = (front_mask.cumsum(1) - 1).clamp(min=0)
    keys = dict(input_ids=front_ids, attention_mask=front_mask, use_cache=False)
    if "position_ids" in inspect.signature(model.forward).parameters:
        keys["position_ids"] = positions
    pairs["front_padded.logits"] = (model(**keys).logits.detach(), exact(**keys).logits.detach())

    grads, exact_grads = gradients(model, ids, mask, labels), gradients(exact, ids, mask, labels)
    norms = norms_in_checkpoint(exact_grads)
    zero = sorted(n for n in norms if norms[n] < 1e-9)
    written = [n for n in grads if n not in zero][:1] + [n for n in grads if n not in zero and "0." in n][:2]
    written = list(dict.fromkeys(written))
    losses, clip, after = adamw(model, ids, mask, labels)
    exact_losses, exact_clip, exact_after = adamw(exact, ids, mask, labels)
    for n in written:
        pairs["grad." + n] = (grads[n], exact_grads[n])
        pairs["after3." + n] = (after[n], exact_after[n])

    tolerance = {}
    for k, (a, b) in pairs.items():
        if k.startswith(("grad.", "after3.")) or a.dim() == 0:
            valid = torch.ones_like(a, dtype=torch.bool)
        elif k == "attention_layer0":
            valid = mask[:, None, :, None].bool().expand_as(a)
        else:
            valid = (front_mask if k.startswith("front") else mask)[:, :, None].bool().expand_as(a)
        distance = (a.double() - b).abs()[valid]
        largest = b.abs()[valid].max().item()
        tolerance[k] = dict(max_abs_diff_f32_f64=distance.max().item(), rms_diff_f32_f64=distance.pow(2).mean().sqrt().item(),
                            max_abs_value=largest, suggested_atol=max(10 * distance.max().item(), 2e-6 * largest))
    lengths = [abs(a - b) for a, b in zip(losses, exact_losses)]
    tolerance["adamw.losses"] = dict(max_abs_diff_f32_f64=max(lengths), suggested_atol=max(10 * max(lengths), 2e-6 * max(exact_losses)))

    found = None
    for attempt in range(200):
        g = torch.Generator().manual_seed(1000 * seed + attempt)
        prompt = torch.randint(3, vocabulary, (2, 6), generator=g)
        front = torch.ones_like(prompt)
        front[1, :2] = 0
        prompt[1, :2] = 0
        one = generate(model, prompt[:1], attention_mask=front[:1], max_new_tokens=20, num_beams=1)
        gap_one = smallest_gap([one])
        rows = generate(model, prompt, attention_mask=front, max_new_tokens=16, num_beams=1).sequences
        best = [torch.log_softmax(step[0].double(), -1).topk(5)
                for step in generate(exact, prompt[:1], attention_mask=front[:1], max_new_tokens=20, num_beams=1).scores]
        apart = [generate(model, prompt[r:r + 1, 2 * r:], attention_mask=front[r:r + 1, 2 * r:], max_new_tokens=16, num_beams=1)
                 for r in range(2)]
        gap_rows = smallest_gap(apart)
        beams = generate(model, prompt[:1], attention_mask=front[:1], max_new_tokens=16, num_beams=4, num_return_sequences=4,
                         length_penalty=1.0, early_stopping=False)
        exact_beams = generate(exact, prompt[:1], attention_mask=front[:1], max_new_tokens=16, num_beams=4, num_return_sequences=4,
                               length_penalty=1.0, early_stopping=False)
        scores = exact_beams.sequences_scores
        close = (scores[:-1] - scores[1:]).min().item()
        same = beams.sequences.shape == exact_beams.sequences.shape and torch.equal(beams.sequences, exact_beams.sequences)
        # rows of a batch must not depend on each other, else an engine may group them differently
        equal = all(rows[r, 2 * r:2 * r + apart[r].sequences.shape[1]].tolist() == apart[r].sequences[0].tolist() for r in range(2))
        if min(gap_one, gap_rows) > 1e-3 and same and close > 1e-4 and equal:
            found = (one, best, gap_one, rows, gap_rows, exact_beams, prompt, front, attempt)
            break
    if found is None:
        raise SystemExit(f"{name}: no clear prompt found")
    one, best, gap_one, rows, gap_rows, beams, prompt, front, attempt = found

    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(target)
    tensors = {k: a.contiguous().clone() for k, (a, b) in pairs.items() if a.dim() > 0}
    tensors["logits_f64"] = pairs["logits"][1].contiguous()
    tensors.update(input_ids=ids, attention_mask=mask, labels=labels)
    tensors.update({"front_padded.input_ids": front_ids, "front_padded.attention_mask": front_mask, "front_padded.position_ids": positions})
    save_file(tensors, target / "expected.safetensors")
    expected = dict(
        format=1, case=name, kind="causal_lm", architecture=architecture, model_type=model.config.model_type, notes=notes, seed=seed,
        weights=dict(stored_dtype="float32", files=sorted(f.name for f in target.glob("model*.safetensors")),
                     parameters=sum(p.numel() for p in model.parameters())),
        config_style="transformers 5", compute="float32, eager attention, dropout off; _f64 and *_f64 values: float64 throughout",
        inputs=["input_ids", "attention_mask", "labels"], loss=single["loss"].item(), loss_f64=double["loss"].item(),
        grad_norm_total_f64=sum(v * v for v in norms.values()) ** 0.5, grad_norms_f64=norms, zero_gradient_parameters=zero,
        adamw=dict(lr=1e-3, weight_decay=0.01, betas=[0.9, 0.999], eps=1e-8, max_grad_norm=1.0, steps=3, weight_decay_on="all",
                   parameters_without_decay=[], losses_f64=exact_losses, losses_f32=losses, grad_norms_before_clip_f64=exact_clip),
        gradients_written=written)
    if hasattr(model.config, "router_aux_loss_coef"):
        coefficient = model.config.router_aux_loss_coef
        arguments = dict(input_ids=ids, attention_mask=mask, labels=labels, output_router_logits=True, use_cache=False)
        a, b = model(**arguments), exact(**arguments)
        expected["router_aux"] = dict(aux_loss_f64=b.aux_loss.item(), loss_with_aux_f64=b.loss.item(), aux_loss=a.aux_loss.item(),
                                      loss_with_aux=a.loss.item(), coefficient=coefficient)
    expected["generation"] = dict(
        greedy=dict(input_ids=prompt[0].tolist(), max_new_tokens=20, eos_token_id=2, pad_token_id=0, sequence=one.sequences[0].tolist(),
                    smallest_gap_of_two_best_logits=gap_one, top5_ids=[b.indices.tolist() for b in best],
                    top5_logprobs=[b.values.tolist() for b in best]),
        greedy_batch=dict(padding="front", input_ids=prompt.tolist(), attention_mask=front.tolist(), max_new_tokens=16, eos_token_id=2,
                          pad_token_id=0, sequences=rows.tolist(), smallest_gap_of_two_best_logits=gap_rows),
        beam=dict(num_beams=4, num_return_sequences=4, length_penalty=1.0, early_stopping=False, input_ids=prompt[0].tolist(),
                  max_new_tokens=16, eos_token_id=2, pad_token_id=0, sequences=beams.sequences.tolist(),
                  sequences_scores=beams.sequences_scores.tolist()),
        prompt_attempt=attempt)
    expected["tolerance"] = tolerance
    (target / "expected.json").write_text(json.dumps(expected, indent=1, allow_nan=False) + "\n", encoding="ascii")
    print(name, "attempt", attempt, "loss", expected["loss"])


def main():
    folder = pathlib.Path(sys.argv[1])
    wanted = sys.argv[2:] or list(CASES)
    torch.set_num_threads(1)
    for seed, (name, (architecture, settings, notes)) in enumerate(CASES.items(), start=301):
        if name in wanted:
            record(folder, name, architecture, settings, notes, seed)


if __name__ == "__main__":
    main()
