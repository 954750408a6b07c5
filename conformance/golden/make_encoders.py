"""Records golden encoder cases from Hugging Face Transformers, in the layout of FORMAT.md.

Usage: python make_encoders.py FOLDER [CASE …]   (needs torch, transformers, peft, safetensors; versions as in versions.json)
"""

import copy
import json
import pathlib
import sys

import peft
import torch
import transformers
from safetensors.torch import save_file

import make_models  # also keeps float64 what models would narrow

HIDDEN, HEADS, LAYERS, INNER, VOCABULARY, LENGTH = 16, 4, 2, 24, 64, 20
KINDS = {"ForMaskedLM": "masked_lm", "ForSequenceClassification": "sequence_classification",
         "ForTokenClassification": "token_classification", "ForQuestionAnswering": "question_answering", "Model": "base_model"}


def common(**changes):
    return {**dict(vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INNER,
                   max_position_embeddings=32, pad_token_id=0), **changes}


def distil(**changes):
    return {**dict(vocab_size=VOCABULARY, dim=HIDDEN, n_layers=LAYERS, n_heads=HEADS, hidden_dim=INNER, max_position_embeddings=32,
                   pad_token_id=0), **changes}


def roberta(**changes):
    return common(**{**dict(pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1), **changes})


def modern(**changes):
    return common(**{**dict(num_hidden_layers=3, local_attention=6, global_attn_every_n_layers=2, bos_token_id=1, eos_token_id=2,
                            cls_token_id=1, sep_token_id=2), **changes})


def deberta(**changes):
    return common(**{**dict(type_vocab_size=0, relative_attention=True, position_buckets=4, norm_rel_ebd="layer_norm", share_att_key=True,
                            pos_att_type="p2c|c2p", position_biased_input=False, pooler_hidden_size=HIDDEN), **changes})


def albert(**changes):
    return common(**{**dict(embedding_size=12, num_hidden_layers=4, num_hidden_groups=2), **changes})


CASES = {
    "bert-base-model": ("BertModel", common(), "pooler"),
    "bert-mlm-untied": ("BertForMaskedLM", common(tie_word_embeddings=False, hidden_act="relu"), "head with its own matrix and bias"),
    "bert-multi-label": ("BertForSequenceClassification", common(num_labels=4, problem_type="multi_label_classification"),
                         "binary cross entropy"),
    "bert-question-answering": ("BertForQuestionAnswering", common(), "start and end"),
    "bert-regression": ("BertForSequenceClassification", common(num_labels=1), "one number, squared error, problem type not said"),
    "bert-regression-of-two": ("BertForSequenceClassification", common(num_labels=2, problem_type="regression"), "two numbers"),
    "roberta-base-model": ("RobertaModel", roberta(), "pooler"),
    "roberta-question-answering": ("RobertaForQuestionAnswering", roberta(), "start and end"),
    "roberta-sequence-classification": ("RobertaForSequenceClassification", roberta(num_labels=3), "two layers in the head"),
    "roberta-token-classification": ("RobertaForTokenClassification", roberta(num_labels=5), "-100 on padding"),
    "xlm-roberta-mlm": ("XLMRobertaForMaskedLM", roberta(), "the network of RoBERTa"),
    "xlm-roberta-token-classification": ("XLMRobertaForTokenClassification", roberta(num_labels=3), "the network of RoBERTa"),
    "camembert-mlm": ("CamembertForMaskedLM", roberta(), "the network of RoBERTa"),
    "camembert-sequence-classification": ("CamembertForSequenceClassification", roberta(num_labels=2), "the network of RoBERTa"),
    "distilbert-base-model": ("DistilBertModel", distil(), "no pooler"),
    "distilbert-question-answering": ("DistilBertForQuestionAnswering", distil(), "start and end"),
    "distilbert-sequence-classification": ("DistilBertForSequenceClassification", distil(num_labels=3), "relu in the head"),
    "distilbert-token-classification": ("DistilBertForTokenClassification", distil(num_labels=3), "-100 on padding"),
    "electra-base-model": ("ElectraModel", common(embedding_size=HIDDEN), "embeddings as wide as the blocks"),
    "electra-question-answering": ("ElectraForQuestionAnswering", common(embedding_size=12), "start and end"),
    "electra-sequence-classification": ("ElectraForSequenceClassification", common(embedding_size=12, num_labels=3), "gelu in the head"),
    "electra-token-classification": ("ElectraForTokenClassification", common(embedding_size=12, num_labels=3), "-100 on padding"),
    "modernbert-base-model": ("ModernBertModel", modern(), "every second layer global"),
    "modernbert-mlm-biases": ("ModernBertForMaskedLM", modern(
        norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True, decoder_bias=False), "biases everywhere but in the decoder"),
    "modernbert-question-answering": ("ModernBertForQuestionAnswering", modern(), "start and end"),
    "modernbert-sequence-classification": ("ModernBertForSequenceClassification", modern(num_labels=3), "first token"),
    "modernbert-sequence-mean": ("ModernBertForSequenceClassification", modern(
        num_labels=2, classifier_pooling="mean", classifier_activation="silu"), "mean of all tokens"),
    "modernbert-token-classification": ("ModernBertForTokenClassification", modern(num_labels=3), "-100 on padding"),
    "deberta-v2-absolute-mlm": ("DebertaV2ForMaskedLM", deberta(
        relative_attention=False, pos_att_type=None, position_biased_input=True, type_vocab_size=2, share_att_key=False),
        "no relative positions, token types"),
    "deberta-v2-base-model": ("DebertaV2Model", deberta(pos_att_type=["p2c"], norm_rel_ebd="none"), "positions ask for content only"),
    "deberta-v2-question-answering": ("DebertaV2ForQuestionAnswering", deberta(), "start and end"),
    "deberta-v2-sequence-classification": ("DebertaV2ForSequenceClassification", deberta(num_labels=3), "pooler"),
    "deberta-v2-token-classification": ("DebertaV2ForTokenClassification", deberta(
        num_labels=3, share_att_key=False, position_buckets=-1, max_relative_positions=6, position_biased_input=True),
        "projections of their own, plain distances that are cut off"),
    "deberta-v2-narrow-mlm": ("DebertaV2ForMaskedLM", deberta(embedding_size=12, pos_att_type=["c2p"], share_att_key=False),
                              "narrow embeddings, content asks for positions only"),
    "deberta-v3-mlm": ("DebertaV2ForMaskedLM", deberta(legacy=False), "the head it was trained with"),
    "albert-base-model": ("AlbertModel", albert(), "pooler"),
    "albert-mlm": ("AlbertForMaskedLM", albert(inner_group_num=2, num_hidden_layers=2, num_hidden_groups=1), "two blocks in a group"),
    "albert-question-answering": ("AlbertForQuestionAnswering", albert(), "start and end"),
    "albert-sequence-classification": ("AlbertForSequenceClassification", albert(num_labels=3), "pooler"),
    "albert-token-classification": ("AlbertForTokenClassification", albert(num_labels=3, num_hidden_groups=1), "all blocks share"),
}


ADAPTERS = {
    "albert-shared-blocks": ("AlbertForSequenceClassification", albert(num_labels=3), dict(
        r=2, lora_alpha=4, target_modules=["query", "ffn"], modules_to_save=["classifier"])),
    "deberta-shared-projections": ("DebertaV2ForSequenceClassification", deberta(num_labels=3), dict(
        r=2, lora_alpha=4, target_modules=["query_proj", "key_proj", "output.dense"], modules_to_save=["classifier", "pooler"])),
    "roberta-dora-token-classification": ("RobertaForTokenClassification", roberta(num_labels=3), dict(
        r=3, lora_alpha=4, target_modules=["query", "value"], modules_to_save=["classifier"], use_dora=True)),
}


def build(architecture, settings, seed):
    torch.manual_seed(seed)
    model_class = getattr(transformers, architecture)
    model = model_class(model_class.config_class(**settings)).eval()
    model.set_attn_implementation("eager")
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(1 + 0.2 * torch.randn_like(p) if p.dim() == 1 and name.endswith("weight") else 0.3 * torch.randn_like(p))
    return model


def batch(model, kind, seed):
    g = torch.Generator().manual_seed(seed)
    config = model.config
    ids = torch.randint(4, VOCABULARY, (2, LENGTH), generator=g)
    mask = torch.ones_like(ids)
    mask[1, 14:] = 0
    ids[mask == 0] = config.pad_token_id
    inputs = dict(input_ids=ids, attention_mask=mask)
    if getattr(config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = (torch.arange(LENGTH) >= 9).long().expand(2, -1) * mask
    if kind in ("masked_lm", "token_classification"):
        labels = torch.randint(0, VOCABULARY if kind == "masked_lm" else config.num_labels, ids.shape, generator=g)
        labels[mask == 0] = -100
        if kind == "masked_lm":
            labels[torch.rand(ids.shape, generator=g) > 0.4] = -100
        inputs["labels"] = labels
    elif kind == "sequence_classification":
        if config.num_labels == 1:
            inputs["labels"] = torch.randn(2, generator=g)
        elif config.problem_type == "regression":
            inputs["labels"] = torch.randn(2, config.num_labels, generator=g)
        elif config.problem_type == "multi_label_classification":
            inputs["labels"] = torch.randint(0, 2, (2, config.num_labels), generator=g).float()
        else:
            inputs["labels"] = torch.randint(0, config.num_labels, (2,), generator=g)
    elif kind == "question_answering":
        if config.model_type not in ("bert", "electra", "distilbert"):  # the loss counts padding, where the others compute what they like
            mask[1, 14:] = 1
            ids[1, 14:] = torch.randint(4, VOCABULARY, (6,), generator=g)
        inputs["start_positions"] = torch.tensor([3, 7])
        inputs["end_positions"] = torch.tensor([5, 7])
    return inputs


def forward(model, inputs, **arguments):
    """Labels as wide as the model, which has forgotten in which loss it guessed."""
    problem = model.config.problem_type
    dtype = next(model.parameters()).dtype
    out = model(**{k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items()}, **arguments)
    model.config.problem_type = problem
    return out


def run(model, inputs, kind):
    out = forward(model, inputs, output_hidden_states=True, output_attentions=True)
    result = dict(hidden_state_0=out.hidden_states[0], hidden_state_1=out.hidden_states[1], attention_layer0=out.attentions[0])
    base = getattr(model, model.base_model_prefix, model)
    plain = {k: v for k, v in inputs.items() if k not in ("labels", "start_positions", "end_positions")}
    hidden = base(**plain)
    result["last_hidden_state"] = hidden.last_hidden_state
    if kind == "base_model":
        weight = inputs["attention_mask"].unsqueeze(-1).to(hidden.last_hidden_state.dtype)
        result["mean_pooled"] = (hidden.last_hidden_state * weight).sum(1) / weight.sum(1)
        result["mean_pooled_l2"] = torch.nn.functional.normalize(result["mean_pooled"], dim=-1)
        if getattr(hidden, "pooler_output", None) is not None:
            result["pooler_output"] = hidden.pooler_output
    elif kind == "question_answering":
        result["logits"] = torch.stack([out.start_logits, out.end_logits], -1)
    else:
        result["logits"] = out.logits.reshape(2, -1) if kind == "sequence_classification" else out.logits
    if kind != "base_model":
        result["loss"] = out.loss
    return {k: v.detach() for k, v in result.items()}


def gradients(model, inputs):
    model.zero_grad()
    forward(model, inputs).loss.backward()
    return {n: p.grad.detach().clone() if p.grad is not None else torch.zeros_like(p) for n, p in names(model).items()}


def names(model):
    """Parameters by their names in a checkpoint, where a tied matrix has that of the embedding."""
    tied = getattr(model, "_tied_weights_keys", None) or {}
    own = dict(model.named_parameters(remove_duplicate=False))
    return {n: p for n, p in own.items() if not any(n == t and s in own and own[s] is p for t, s in tied.items())}


def adamw(model, inputs):
    model = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)
    losses, norms = [], []
    for _ in range(3):
        optimizer.zero_grad()
        loss = forward(model, inputs).loss
        losses.append(loss.item())
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
    losses.append(forward(model, inputs).loss.item())
    return losses, norms, {n: p.detach() for n, p in names(model).items()}


def tolerances(pairs, mask):
    result = {}
    for k, (a, b) in pairs.items():
        valid = torch.ones_like(a, dtype=torch.bool)
        if k == "attention_layer0":
            valid = mask[:, None, :, None].bool().expand_as(a)
        elif not k.startswith(("grad.", "after3.")) and a.dim() == 3:
            valid = mask[:, :, None].bool().expand_as(a)
        distance = (a.double() - b.double()).abs()[valid]
        largest = b.abs()[valid].max().item()
        result[k] = dict(max_abs_diff_f32_f64=distance.max().item(), rms_diff_f32_f64=distance.pow(2).mean().sqrt().item(),
                         max_abs_value=largest, suggested_atol=max(10 * distance.max().item(), 2e-6 * largest))
    return result


def record(folder, name, architecture, settings, notes, seed):
    kind = next(v for k, v in KINDS.items() if architecture.endswith(k))
    model = build(architecture, settings, seed)
    exact = copy.deepcopy(model).double()
    inputs = batch(model, kind, seed)
    single, double = run(model, inputs, kind), run(exact, inputs, kind)
    pairs = {k: (single[k], double[k]) for k in single}
    expected = dict(
        format=1, case=name, kind=kind, architecture=architecture, model_type=model.config.model_type, notes=notes, seed=seed,
        weights=dict(stored_dtype="float32", parameters=sum(p.numel() for p in model.parameters())), config_style="transformers 5",
        compute="float32, eager attention, dropout off; _f64 values: float64 throughout", inputs=list(inputs))
    if kind != "base_model":
        grads, exact_grads = gradients(model, inputs), gradients(exact, inputs)
        norms = {n: g.norm().item() for n, g in exact_grads.items()}
        zero = sorted(n for n in norms if norms[n] < 1e-9)
        known = [n for n in grads if n not in zero]
        written = list(dict.fromkeys([n for n in known if ".0." in n and "query" in n][:1] + [n for n in known if "rel_emb" in n] + known[-2:]))
        losses, clip, after = adamw(model, inputs)
        exact_losses, exact_clip, exact_after = adamw(exact, inputs)
        for n in written:
            pairs["grad." + n] = (grads[n], exact_grads[n])
            pairs["after3." + n] = (after[n], exact_after[n])
        expected.update(
            loss=single["loss"].item(), loss_f64=double["loss"].item(), grad_norms_f64=norms, zero_gradient_parameters=zero,
            adamw=dict(lr=1e-3, weight_decay=0.01, betas=[0.9, 0.999], eps=1e-8, max_grad_norm=1.0, steps=3, weight_decay_on="all",
                       parameters_without_decay=[], losses_f64=exact_losses, losses_f32=losses, grad_norms_before_clip_f64=exact_clip),
            gradients_written=written)
    expected["tolerance"] = tolerances(pairs, inputs["attention_mask"])
    if kind != "base_model":
        largest = max(abs(a - b) for a, b in zip(losses, exact_losses))
        expected["tolerance"]["adamw.losses"] = dict(
            max_abs_diff_f32_f64=largest, suggested_atol=max(10 * largest, 2e-6 * max(exact_losses)))
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(target)
    save_file({**{k: a.contiguous().clone() for k, (a, _) in pairs.items() if a.dim() > 0}, **inputs}, target / "expected.safetensors")
    (target / "expected.json").write_text(json.dumps(expected, indent=1, allow_nan=False) + "\n", encoding="ascii")
    print(name, "loss", expected.get("loss"))


def record_adapter(folder, name, architecture, settings, lora, seed):
    """Adapter and modules beside it, all of them random, as PEFT saves, runs, trains and merges them."""
    kind = next(v for k, v in KINDS.items() if architecture.endswith(k))
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    base = build(architecture, settings, seed)
    base.save_pretrained(target / "base")
    inputs = batch(base, kind, seed)
    base_logits = forward(base, inputs).logits.detach()
    model = peft.get_peft_model(copy.deepcopy(base), peft.LoraConfig(
        task_type="SEQ_CLS" if kind == "sequence_classification" else "TOKEN_CLS", lora_dropout=0.0, **lora)).eval()
    torch.manual_seed(seed)
    with torch.no_grad():
        for n, p in model.named_parameters():
            if p.requires_grad and "magnitude" not in n:
                p.copy_(0.3 * torch.randn_like(p))
    model.save_pretrained(target / "adapter")
    (target / "adapter" / "README.md").unlink()
    config = target / "adapter" / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "base_model_name_or_path": "base"}, indent=1) + "\n", encoding="ascii")
    exact = copy.deepcopy(model).double()

    def trainable(m):
        return {n.replace(".default", "").replace(".modules_to_save", ""): p for n, p in m.named_parameters() if p.requires_grad}

    def train(m):
        m = copy.deepcopy(m)
        forward(m, inputs).loss.backward()
        found = {n: p.grad.clone() for n, p in trainable(m).items()}
        optimizer = torch.optim.AdamW(trainable(m).values(), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)
        losses, norms = [], []
        for _ in range(3):
            optimizer.zero_grad()
            loss = forward(m, inputs).loss
            losses.append(loss.item())
            loss.backward()
            norms.append(torch.nn.utils.clip_grad_norm_(trainable(m).values(), 1.0).item())
            optimizer.step()
        return found, losses + [forward(m, inputs).loss.item()], norms, {n: p.detach() for n, p in trainable(m).items()}

    grads, losses, _, after = train(model)
    exact_grads, exact_losses, exact_clip, exact_after = train(exact)
    logits, exact_logits = forward(model, inputs).logits.detach(), forward(exact, inputs).logits.detach()
    merged, exact_merged = copy.deepcopy(model).merge_and_unload(), copy.deepcopy(exact).merge_and_unload()
    norms = {n: g.norm().item() for n, g in exact_grads.items()}
    zero = sorted(n for n in norms if norms[n] < 1e-9)
    pairs = {"logits": (logits, exact_logits), "merged_logits": (forward(merged, inputs).logits.detach(), forward(exact_merged, inputs).logits.detach())}
    for n in grads:
        if n not in zero:
            pairs["grad." + n], pairs["after3." + n] = (grads[n], exact_grads[n]), (after[n], exact_after[n])
    changed = [n for n, p in merged.named_parameters() if not torch.equal(p, dict(base.named_parameters())[n])]
    tensors = {k: a.contiguous().clone() for k, (a, _) in pairs.items()}
    tensors.update({"merged." + n: dict(merged.named_parameters())[n].detach().clone() for n in changed}, base_logits=base_logits, **inputs)
    save_file(tensors, target / "expected.safetensors")
    tolerance = tolerances(pairs, inputs["attention_mask"])
    largest = max(abs(a - b) for a, b in zip(losses, exact_losses))
    tolerance["adamw.losses"] = dict(max_abs_diff_f32_f64=largest, suggested_atol=max(10 * largest, 2e-6 * max(exact_losses)))
    expected = dict(
        format=1, case=name, kind="lora", base_kind=kind, architecture=architecture, seed=seed, inputs=list(inputs), changed_by_merge=changed,
        grad_norms_f64=norms, zero_gradient_parameters=zero,
        adamw=dict(lr=1e-3, weight_decay=0.01, betas=[0.9, 0.999], eps=1e-8, max_grad_norm=1.0, steps=3, weight_decay_on="all",
                   losses_f64=exact_losses, losses_f32=losses, grad_norms_before_clip_f64=exact_clip),
        tolerance=tolerance)
    (target / "expected.json").write_text(json.dumps(expected, indent=1, allow_nan=False) + "\n", encoding="ascii")
    print(name, "loss", losses[0])


def main():
    folder = pathlib.Path(sys.argv[1])
    wanted = sys.argv[2:] or ["model-" + name for name in CASES] + ["lora-" + name for name in ADAPTERS]
    torch.set_num_threads(1)
    for seed, (name, (architecture, settings, notes)) in enumerate(CASES.items(), start=501):
        if "model-" + name in wanted:
            record(folder, "model-" + name, architecture, settings, notes, seed)
    for seed, (name, (architecture, settings, lora)) in enumerate(ADAPTERS.items(), start=601):
        if "lora-" + name in wanted:
            record_adapter(folder, "lora-" + name, architecture, settings, lora, seed)


if __name__ == "__main__":
    main()
