"""Records more golden encoder-decoder cases from Hugging Face Transformers, in the layout of FORMAT.md.

Usage: python make_seq2seq.py FOLDER [CASE ...]   (needs torch, transformers, safetensors; versions as in versions.json)
"""

import copy
import json
import pathlib
import sys

import torch
import transformers
from make_models import build, names, smallest_gap
from safetensors.torch import load_file, save_file

T5 = dict(vocab_size=128, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_decoder_layers=2, num_heads=4,
          relative_attention_num_buckets=8, relative_attention_max_distance=16, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0)
BART = dict(vocab_size=128, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4,
            encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=64, pad_token_id=1, bos_token_id=0, eos_token_id=2,
            decoder_start_token_id=2, forced_eos_token_id=None)

# settings of the model; then of a head of its own, where the reference ties it unless a checkpoint has one
CASES = {
    "model-bart-scaled": ("BartForConditionalGeneration", dict(
        BART, scale_embedding=True, encoder_layers=1, decoder_layers=3, encoder_attention_heads=2, encoder_ffn_dim=40,
        activation_function="relu", tie_word_embeddings=True),
        "scaled embeddings, encoder and decoder of different shape, relu", None),
    "model-flan-t5": ("T5ForConditionalGeneration", dict(T5, feed_forward_proj="gated-gelu", num_heads=3),
        "as google/flan-t5: a head of its own, not scaled, config.json of transformers 4", dict(tie_word_embeddings=False)),
    "model-flan-t5-saved-anew": ("T5ForConditionalGeneration", dict(
        T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
        "a head of its own, not scaled; transformers 5 writes that it is tied", {}),
    "model-marian": ("MarianMTModel", dict(BART, eos_token_id=0, scale_embedding=True, activation_function="silu"),
        "sinusoidal positions that are not stored, scaled embeddings, norms last", None),
    "model-marian-two-vocabularies": ("MarianMTModel", dict(
        BART, eos_token_id=0, decoder_vocab_size=112, share_encoder_decoder_embeddings=False),
        "an embedding for each side", None),
    "model-mbart": ("MBartForConditionalGeneration", dict(BART, scale_embedding=True),
        "norms first, one after the last layer; decoder inputs are given", None),
    "model-mt5": ("MT5ForConditionalGeneration", dict(T5, feed_forward_proj="gated-gelu", num_layers=3),
        "as google/mt5: a head of its own, config.json of transformers 4", dict(tie_word_embeddings=False)),
}


def separate_head(model, folder, changes, seed):
    """Gives the checkpoint a head of its own, which the reference then loads as one."""
    model.save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors")
    g = torch.Generator().manual_seed(seed)
    tensors["lm_head.weight"] = 0.25 * torch.randn(tensors["shared.weight"].shape, generator=g)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    if changes:  # as transformers 4 writes it
        config.update(changes, torch_dtype=config.pop("dtype"), transformers_version="4.46.0")
        config.pop("scale_decoder_outputs", None)
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    loaded = type(model).from_pretrained(folder).eval()
    loaded.set_attn_implementation("eager")
    assert loaded.lm_head.weight.data_ptr() != loaded.get_input_embeddings().weight.data_ptr()
    assert torch.equal(loaded.lm_head.weight, tensors["lm_head.weight"])
    return loaded


def batch(config, seed):
    g = torch.Generator().manual_seed(seed)
    pad = config.pad_token_id
    ids = torch.randint(3, config.vocab_size, (2, 20), generator=g)
    mask = torch.ones_like(ids)
    mask[1, 14:] = 0
    ids[1, 14:] = pad
    labels = torch.randint(3, getattr(config, "decoder_vocab_size", config.vocab_size), (2, 12), generator=g)
    labels[0, 4] = -100
    labels[1, 9:] = -100
    result = dict(input_ids=ids, attention_mask=mask, labels=labels)
    if config.model_type == "mbart":  # its rows begin with what the labels end with
        shifted = labels.roll(1, 1)
        shifted[:, 0] = config.decoder_start_token_id
        result["decoder_input_ids"] = shifted.masked_fill(shifted == -100, pad)
    return result


def run(model, inputs):
    out = model(**inputs, output_hidden_states=True, output_attentions=True, use_cache=False)
    return dict(logits=out.logits, loss=out.loss, encoder_last_hidden_state=out.encoder_last_hidden_state,
                decoder_last_hidden_state=out.decoder_hidden_states[-1], encoder_attention_layer0=out.encoder_attentions[0],
                decoder_attention_layer0=out.decoder_attentions[0], cross_attention_layer0=out.cross_attentions[0])


def gradients(model, inputs):
    model.zero_grad()
    model(**inputs, use_cache=False).loss.backward()
    return {n: p.grad.detach().clone() for n, p in names(model).items() if p.requires_grad}


def adamw(model, inputs):
    model = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)
    losses, norms = [], []
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(**inputs, use_cache=False).loss
        losses.append(loss.item())
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
    losses.append(model(**inputs, use_cache=False).loss.item())
    return losses, norms, {n: p.detach() for n, p in names(model).items()}


def generate(model, ids, mask, **arguments):
    return model.generate(input_ids=ids, attention_mask=mask, do_sample=False, return_dict_in_generate=True, output_scores=True, **arguments)


def generation(name, model, exact, seed):
    """Prompts for which no decision is close."""
    config = model.config
    for attempt in range(200):
        g = torch.Generator().manual_seed(1000 * seed + attempt)
        ids = torch.randint(3, config.vocab_size, (2, 6), generator=g)
        mask = torch.ones_like(ids)
        mask[1, 4:] = 0
        ids[1, 4:] = config.pad_token_id
        one = generate(model, ids[:1], mask[:1], max_new_tokens=20, num_beams=1)
        rows = generate(model, ids, mask, max_new_tokens=16, num_beams=1)
        best = [torch.log_softmax(step[0].double(), -1).topk(5)
                for step in generate(exact, ids[:1], mask[:1], max_new_tokens=20, num_beams=1).scores]
        apart = [generate(model, ids[r:r + 1, :6 - 2 * r], mask[r:r + 1, :6 - 2 * r], max_new_tokens=16, num_beams=1) for r in range(2)]
        settings = dict(max_new_tokens=16, num_beams=4, num_return_sequences=4, length_penalty=1.0, early_stopping=False)
        beams, exact_beams = generate(model, ids[:1], mask[:1], **settings), generate(exact, ids[:1], mask[:1], **settings)
        scores = exact_beams.sequences_scores
        same = beams.sequences.shape == exact_beams.sequences.shape and torch.equal(beams.sequences, exact_beams.sequences)
        equal = all(rows.sequences[r, :a.sequences.shape[1]].tolist() == a.sequences[0].tolist() for r, a in enumerate(apart))
        gap_one, gap_rows = smallest_gap([one]), smallest_gap(apart)
        if min(gap_one, gap_rows) > 1e-3 and same and (scores[:-1] - scores[1:]).min().item() > 1e-4 and equal:
            break
    else:
        raise SystemExit(f"{name}: no clear prompt found")
    tokens = dict(eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id)
    return dict(
        greedy=dict(input_ids=ids[0].tolist(), max_new_tokens=20, **tokens, sequence=one.sequences[0].tolist(),
                    smallest_gap_of_two_best_logits=gap_one, top5_ids=[b.indices.tolist() for b in best],
                    top5_logprobs=[b.values.tolist() for b in best]),
        greedy_batch=dict(padding="end (encoder input)", input_ids=ids.tolist(), attention_mask=mask.tolist(), max_new_tokens=16,
                          **tokens, sequences=rows.sequences.tolist(), smallest_gap_of_two_best_logits=gap_rows),
        beam=dict(num_beams=4, num_return_sequences=4, length_penalty=1.0, early_stopping=False, input_ids=ids[0].tolist(),
                  max_new_tokens=16, **tokens, sequences=exact_beams.sequences.tolist(), sequences_scores=scores.tolist()),
        prompt_attempt=attempt)


def tolerance_of(a, b, valid):
    distance, largest = (a.double() - b).abs()[valid], b.abs()[valid].max().item()
    return dict(max_abs_diff_f32_f64=distance.max().item(), rms_diff_f32_f64=distance.pow(2).mean().sqrt().item(),
                max_abs_value=largest, suggested_atol=max(10 * distance.max().item(), 2e-6 * largest))


def record(folder, name, architecture, settings, notes, head, seed):
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    model = build(architecture, settings, seed)
    buffers = {n for n, _ in model.named_buffers()}
    with torch.no_grad():
        for n, p in model.named_parameters():
            if n.endswith(".q.weight"):  # T5 does not scale its attention: large scores make ill-conditioned gradients
                p.mul_(0.2)
        if "final_logits_bias" in buffers:
            model.final_logits_bias.normal_(0, 0.2, generator=torch.Generator().manual_seed(seed))
        for side in ("encoder", "decoder"):  # what build has put into frozen positions
            places = getattr(getattr(model.base_model, side), "embed_positions", None)
            if places is not None and hasattr(places, "create_weight"):
                places.weight.copy_(places.create_weight())
    if head is None:
        model.save_pretrained(target)
    else:
        model = separate_head(model, target, head, seed)
    exact = copy.deepcopy(model).double()
    for side in ("encoder", "decoder"):
        places = getattr(getattr(exact.base_model, side), "embed_positions", None)
        if places is not None and hasattr(places, "create_weight"):
            places.weight.data.copy_(getattr(model.base_model, side).embed_positions.weight)
    inputs = batch(model.config, seed)
    single, double = run(model, inputs), run(exact, inputs)
    pairs = {k: (single[k].detach(), double[k].detach()) for k in single}
    grads, exact_grads = gradients(model, inputs), gradients(exact, inputs)
    norms = {n: g.norm().item() for n, g in exact_grads.items()}
    zero = sorted(n for n in norms if norms[n] < 1e-9)
    chosen = ["shared.weight", "model.shared.weight", "model.encoder.embed_tokens.weight", "lm_head.weight",
              "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
              "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
              "decoder.block.1.layer.1.EncDecAttention.k.weight", "model.decoder.layers.1.encoder_attn.k_proj.weight",
              "model.encoder.layers.0.self_attn_layer_norm.weight", "model.decoder.embed_positions.weight"]
    written = [n for n in chosen if n in grads and n not in zero]
    losses, clip, after = adamw(model, inputs)
    exact_losses, exact_clip, exact_after = adamw(exact, inputs)
    for n in written:
        pairs["grad." + n] = (grads[n], exact_grads[n])
        pairs["after3." + n] = (after[n], exact_after[n])
    tolerance = {}
    for k, (a, b) in pairs.items():
        valid = torch.ones_like(a, dtype=torch.bool)
        if k == "encoder_last_hidden_state":
            valid = inputs["attention_mask"][:, :, None].bool().expand_as(a)
        elif k == "encoder_attention_layer0":
            valid = inputs["attention_mask"][:, None, :, None].bool().expand_as(a)
        tolerance[k] = tolerance_of(a, b, valid)
    distances = [abs(a - b) for a, b in zip(losses, exact_losses)]
    tolerance["adamw.losses"] = dict(max_abs_diff_f32_f64=max(distances), suggested_atol=max(10 * max(distances), 2e-6 * max(exact_losses)))
    tensors = {k: a.contiguous().clone() for k, (a, b) in pairs.items() if a.dim() > 0}
    tensors["logits_f64"] = pairs["logits"][1].contiguous()
    tensors.update(inputs)
    save_file(tensors, target / "expected.safetensors")
    expected = dict(
        format=1, case=name, kind="seq2seq_lm", architecture=architecture, model_type=model.config.model_type, notes=notes, seed=seed,
        weights=dict(stored_dtype="float32", files=sorted(f.name for f in target.glob("model*.safetensors")),
                     parameters=sum(p.numel() for p in model.parameters() if p.requires_grad)),
        config_style="transformers 4" if head else "transformers 5",
        compute="float32, eager attention, dropout off; _f64 and *_f64 values: float64 throughout",
        inputs=list(inputs), loss=single["loss"].item(), loss_f64=double["loss"].item(),
        grad_norm_total_f64=sum(v * v for v in norms.values()) ** 0.5, grad_norms_f64=norms, zero_gradient_parameters=zero,
        adamw=dict(lr=1e-3, weight_decay=0.01, betas=[0.9, 0.999], eps=1e-8, max_grad_norm=1.0, steps=3, weight_decay_on="all",
                   parameters_without_decay=[], losses_f64=exact_losses, losses_f32=losses, grad_norms_before_clip_f64=exact_clip),
        gradients_written=written, generation=generation(name, model, exact, seed), tolerance=tolerance)
    (target / "expected.json").write_text(json.dumps(expected, indent=1, allow_nan=False) + "\n", encoding="ascii")
    print(name, "attempt", expected["generation"]["prompt_attempt"], "loss", expected["loss"], "zero", zero[:2])


def main():
    folder = pathlib.Path(sys.argv[1])
    wanted = sys.argv[2:] or list(CASES)
    torch.set_num_threads(1)
    for seed, (name, case) in enumerate(CASES.items(), start=401):
        if name in wanted:
            record(folder, name, *case, seed)


if __name__ == "__main__":
    main()
