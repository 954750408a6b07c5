"""Fine-tuning of a task head with Hugging Face Transformers: PyTorch's fused AdamW, float32 on the CPU, the model's own dropout.

    fine_tune.py split ITEMS.jsonl TRAIN.jsonl VALIDATION.jsonl TEST.jsonl
    fine_tune.py classification|tagging MODEL TRAIN VALIDATION TEST [THREADS EPOCHS ROWS RATE SEED LENGTH DROPOUT]

`split` deals items out by the SHA-256 of their ids: a fifth to test, a tenth to validation. Training: linear warm-up over a tenth of the
steps, then linear decay; gradients clipped to 1; rows padded to the longest of their batch; weight decay 0.01; the epoch that is best on
validation items (accuracy, entity F1) is measured on test items. Words are labelled at their first piece.
Prints lines "result NAME VALUE".
"""

import copy
import hashlib
import json
import random
import sys
import time

import torch


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def split(items, train, validation, test):
    files = {name: open(name, "w", encoding="utf-8") for name in (train, validation, test)}
    for item in read(items):
        number = hashlib.sha256(item["id"].encode()).digest()[0]
        name = test if number < 51 else validation if number < 77 else train
        files[name].write(json.dumps(item, ensure_ascii=False) + "\n")
    for file in files.values():
        file.close()


def entities(tags):
    """Entities by the rules of conlleval: a set of (type, start, end)."""
    found, start, kind = set(), None, None
    for i, tag in enumerate(list(tags) + ["O"]):
        position, _, now = tag.partition("-")
        if start is not None and (position in "OB" or now != kind):
            found.add((kind, start, i))
            start = None
        if start is None and position != "O":
            start, kind = i, now
    return found


def main(task, name, train, validation, test, threads=2, epochs=3, rows=16, rate=5e-5, seed=42, length=128, dropout=None):
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer

    torch.set_num_threads(int(threads))
    torch.manual_seed(int(seed))
    shuffler = random.Random(int(seed))
    tokenizer = AutoTokenizer.from_pretrained(name)
    data = {"train": read(train), "validation": read(validation), "test": read(test)}
    tagging = task == "tagging"
    labels = sorted({label for items in data.values() for item in items for label in (item["tags"] if tagging else [item["label"]])})
    ids = {label: i for i, label in enumerate(labels)}
    settings = {"num_labels": len(labels), "id2label": dict(enumerate(labels)), "label2id": ids}
    if dropout is not None:
        settings |= {"hidden_dropout_prob": float(dropout), "attention_probs_dropout_prob": float(dropout)}
    config = AutoConfig.from_pretrained(name, **settings)
    kind = AutoModelForTokenClassification if tagging else AutoModelForSequenceClassification
    model = kind.from_pretrained(name, config=config)

    def encode(item):
        if not tagging:
            row = tokenizer(item["text"], truncation=True, max_length=int(length))
            return {"ids": row["input_ids"], "label": ids[item["label"]], "item": item}
        row = tokenizer(item["tokens"], is_split_into_words=True, truncation=True, max_length=int(length))
        firsts, before = [], None
        for word in row.word_ids():
            firsts.append(word if word is not None and word != before else None)
            before = word
        label = [-100 if word is None else ids[item["tags"][word]] for word in firsts]
        return {"ids": row["input_ids"], "label": label, "firsts": firsts, "item": item}

    encoded = {part: [encode(item) for item in items] for part, items in data.items()}

    def batch(items):
        width = max(len(item["ids"]) for item in items)
        pad = lambda values, fill: values + [fill] * (width - len(values))
        inputs = {
            "input_ids": torch.tensor([pad(item["ids"], tokenizer.pad_token_id) for item in items]),
            "attention_mask": torch.tensor([pad([1] * len(item["ids"]), 0) for item in items]),
        }
        if tagging:
            inputs["labels"] = torch.tensor([pad(item["label"], -100) for item in items])
        else:
            inputs["labels"] = torch.tensor([item["label"] for item in items])
        return inputs

    @torch.no_grad()
    def measure(part):
        model.eval()
        items = sorted(encoded[part], key=lambda item: len(item["ids"]))
        expected, answered = [], []
        for at in range(0, len(items), 32):
            some = items[at : at + 32]
            best = model(**batch(some)).logits.argmax(-1).tolist()
            for item, row in zip(some, best):
                if tagging:
                    tags = ["O"] * len(item["item"]["tags"])
                    for position, word in enumerate(item["firsts"]):
                        if word is not None:
                            tags[word] = labels[row[position]]
                    expected.append(item["item"]["tags"])
                    answered.append(tags)
                else:
                    expected.append(item["item"]["label"])
                    answered.append(labels[row])
        model.train()
        if tagging:
            pairs = [(entities(a), entities(b)) for a, b in zip(expected, answered)]
            hits = sum(len(a & b) for a, b in pairs)
            there = sum(len(a) for a, _ in pairs)
            found = sum(len(b) for _, b in pairs)
            return {"entity_f1": 2 * hits / max(1, there + found), "entity_precision": hits / max(1, found), "entity_recall": hits / max(1, there)}
        scores = []
        for label in set(expected) | set(answered):
            hits = sum(a == b == label for a, b in zip(expected, answered))
            scores.append(2 * hits / (expected.count(label) + answered.count(label)))
        accuracy = sum(a == b for a, b in zip(expected, answered)) / len(expected)
        return {"accuracy": accuracy, "macro_f1": sum(scores) / len(scores)}

    rows, epochs = int(rows), int(epochs)
    steps = epochs * -(-len(encoded["train"]) // rows)
    warmup = -(-steps // 10)
    optimizer = torch.optim.AdamW(model.parameters(), lr=float(rate), weight_decay=0.01, fused=True)
    factor = lambda step: step / warmup if step < warmup else max(0.0, (steps - step) / (steps - warmup))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    model.train()
    began = time.perf_counter()
    trained = tokens = 0
    best, weights = None, None
    for epoch in range(1, epochs + 1):
        order = list(encoded["train"])
        shuffler.shuffle(order)
        for at in range(0, len(order), rows):
            step = time.perf_counter()
            some = order[at : at + rows]
            loss = model(**batch(some)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            trained += time.perf_counter() - step
            tokens += sum(len(item["ids"]) for item in some)
        scores = measure("validation")
        print("epoch", epoch, "loss", loss.item(), scores, flush=True)
        value = scores["entity_f1" if tagging else "accuracy"]
        if best is None or value > best:
            best, weights = value, copy.deepcopy(model.state_dict())
    model.load_state_dict(weights)
    for metric, value in measure("test").items():
        print("result", metric, value)
    print("result seconds", time.perf_counter() - began)
    print("result training_seconds", trained)
    print("result train_tokens_per_second", tokens / trained)


if __name__ == "__main__":
    if sys.argv[1] == "split":
        split(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
