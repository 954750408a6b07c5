"""Small models with random weights, and what Transformers makes of texts with them: the pipelines for fill-mask, text and token
classification, and question answering by the formula of the pipeline of transformers 4.

    python make_pipelines.py TEXT_FILE OUT_FOLDER
"""
import json
import os
import sys

import numpy as np
import torch
import transformers as tf
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

lines = [line for line in open(sys.argv[1], encoding="utf-8").read().split("\n") if line]
out = sys.argv[2]
tf.utils.logging.set_verbosity_error()
torch.manual_seed(0)
SIZE = 320


def word_piece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=SIZE, limit_alphabet=60, special_tokens=special))
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    roles = dict(unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    return tf.PreTrainedTokenizerFast(tokenizer_object=t, **roles)


def roles():
    mask = AddedToken("<mask>", lstrip=True, special=True)
    return dict(bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>", unk_token="<unk>", pad_token="<pad>", mask_token=mask)


SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def byte_level():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=SIZE + 100, special_tokens=SPECIAL, initial_alphabet=alphabet))
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tf.PreTrainedTokenizerFast(tokenizer_object=t, **roles())


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.NFKC()
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.decoder = decoders.Metaspace()
    t.train_from_iterator(lines, trainers.UnigramTrainer(vocab_size=SIZE, unk_token="<unk>", special_tokens=SPECIAL))
    around = [("<s>", 0), ("</s>", 2)]
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=around)
    return tf.PreTrainedTokenizerFast(tokenizer_object=t, **roles())


SHAPE = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, initializer_range=0.5)


def bert(head, tokenizer, **settings):
    config = tf.BertConfig(**SHAPE, vocab_size=len(tokenizer), max_position_embeddings=64, **settings)
    return getattr(tf, "BertFor" + head)(config).eval()


def roberta(head, tokenizer, **settings):
    config = tf.RobertaConfig(
        **SHAPE, vocab_size=len(tokenizer), max_position_embeddings=66, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2, **settings
    )
    return getattr(tf, "RobertaFor" + head)(config).eval()


def save(name, task, model, tokenizer, cases):
    folder = os.path.join(out, "pipeline-" + name)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    with open(os.path.join(folder, "expected.json"), "w") as f:
        json.dump({"task": task, "cases": cases}, f, indent=1)


def fill_mask(name, model, tokenizer):
    pipeline = tf.pipeline("fill-mask", model=model, tokenizer=tokenizer)
    cases = []
    for text in ["Diabetes is a @ disease.", "@ is a disease.", "@", "disease @", "a@b", "a  @  b", "the @ @ of", "the@@of  .", "\n@\tx", "\u00e9@\u00fc \u00c4 @."]:
        text = text.replace("@", tokenizer.mask_token)
        masks = pipeline(text, top_k=4)
        masks = [masks] if isinstance(masks[0], dict) else masks
        cases.append({"text": text, "masks": [[{"id": c["token"], "text": c["token_str"], "probability": c["score"]} for c in m] for m in masks]})
    save(name, "fill-mask", model, tokenizer, cases)


TEXTS = ["Diabetes is a disease of the kidney.", "What are the treatments?", "x", "\u00dcml\u00e4ut Gr\u00f6\u00dfe (see U.S. table)", " ".join(lines[0].split()[:20])]


def classify(name, model, tokenizer):
    pipeline = tf.pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
    save(name, "text-classification", model, tokenizer, [{"text": t, "scores": pipeline([t])[0]} for t in TEXTS])


def words(tokenizer, text, token):
    """First and last char of the word a token belongs to."""
    return text.word_to_chars(text.token_to_word(token), 1)


def entities(model, tokenizer, text):
    """Entities of the tokenizer's words, each tagged by its first token."""
    e = tokenizer(text, return_tensors="pt").encodings[0]
    with torch.inference_mode():
        probability = model(input_ids=torch.tensor([e.ids])).logits[0].softmax(-1)
    found, going = [], None
    for word in dict.fromkeys(w for w in e.word_ids if w is not None):
        first = e.word_ids.index(word)
        start, end = e.word_to_chars(word)
        start += len(text[start:end]) - len(text[start:end].lstrip())
        label = model.config.id2label[probability[first].argmax().item()]
        score = probability[first].max().item()
        if label == "O":
            going = None
        elif going and label == "I-" + going["type"]:
            going["end"] = end
            going["scores"].append(score)
        else:
            going = {"type": label[2:], "start": start, "end": end, "scores": [score]}
            found.append(going)
    return [{"type": f["type"], "start": f["start"], "end": f["end"], "score": float(np.mean(f["scores"]))} for f in found]


def tags(name, model, tokenizer, prefixed):
    cases = []
    pipeline = tf.pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first")
    label = model.config.id2label
    for text in TEXTS:
        split = text.split()
        e = prefixed(split, is_split_into_words=True, return_tensors="pt")
        with torch.inference_mode():
            best = model(input_ids=e["input_ids"]).logits[0].argmax(-1).tolist()
        ids = e.word_ids(0)
        found = entities(model, tokenizer, text)
        if prefixed is tokenizer:  # the pipeline only guesses the words of tokenizers without a prefix of subwords
            groups = [(g["entity_group"], g["start"], g["end"], round(float(g["score"]), 4)) for g in pipeline(text)]
            assert groups == [(f["type"], f["start"], f["end"], round(f["score"], 4)) for f in found], (groups, found)
        cases.append({"text": text, "words": split, "tags": [label[best[ids.index(i)]] for i in range(len(split))], "entities": found})
    save(name, "token-classification", model, tokenizer, cases)


def answers(name, model, tokenizer):
    cases = []
    passages = ["Diabetes is a disease of the kidney, seen in adults.", "\n".join(lines[1:12])[:900]]
    for question, passage in zip(["What is it?", "Who?"], passages):
        asked = len(tokenizer(question, add_special_tokens=False)["input_ids"]) + tokenizer.num_special_tokens_to_add(True)
        stride = min(64, 64 - asked) // 2
        windows = tokenizer(question, passage, truncation="only_second", max_length=64, stride=stride, return_overflowing_tokens=True)
        spans, null = [], 1e9
        for e in windows.encodings:
            with torch.inference_mode():
                o = model(input_ids=torch.tensor([e.ids]), token_type_ids=torch.tensor([e.type_ids]))
            wanted = np.array([s == 1 for s in e.sequence_ids])
            wanted[0] = True
            probability = []
            for logits in (o.start_logits[0].double().numpy(), o.end_logits[0].double().numpy()):
                p = np.exp(np.where(wanted, logits, -np.inf) - logits[wanted].max())
                probability.append(p / p.sum())
            start, end = probability
            null = min(null, start[0] * end[0])
            for s in range(1, len(e.ids)):
                for t in range(s, min(s + 15, len(e.ids))):
                    if e.sequence_ids[s] == 1 and e.sequence_ids[t] == 1:
                        spans.append((start[s] * end[t], words(tokenizer, e, s)[0], words(tokenizer, e, t)[1]))
        best = []
        for score, s, t in sorted(spans, key=lambda x: -x[0]):
            if all(t <= b["start"] or b["end"] <= s for b in best):
                best.append({"start": s, "end": t, "score": score})
        cases.append({"question": question, "passage": passage, "answers": best[:4], "null": null})
    save(name, "question-answering", model, tokenizer, cases)


wp, bpe, uni = word_piece(), byte_level(), unigram()
fill_mask("fill-mask-wordpiece", bert("MaskedLM", wp), wp)
fill_mask("fill-mask-byte-level-bpe", roberta("MaskedLM", bpe), bpe)
fill_mask("fill-mask-unigram", roberta("MaskedLM", uni), uni)
grades = dict(id2label={0: "bad", 1: "fair", 2: "good"}, label2id={"bad": 0, "fair": 1, "good": 2})
classify("classify-single-label", bert("SequenceClassification", wp, problem_type="single_label_classification", **grades), wp)
classify("classify-multi-label", bert("SequenceClassification", wp, problem_type="multi_label_classification", **grades), wp)
classify("classify-regression", bert("SequenceClassification", wp, problem_type="regression", num_labels=1), wp)
names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
bio = dict(id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)})
tags("tag-wordpiece", bert("TokenClassification", wp, **bio), wp, wp)
spaced = byte_level()
spaced.backend_tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
tags("tag-byte-level-bpe", roberta("TokenClassification", bpe, **bio), bpe, spaced)
answers("answer-wordpiece", bert("QuestionAnswering", wp), wp)
