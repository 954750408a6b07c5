"""Records chat-templates-constructs with transformers and jinja2: python make_templates.py. A case fails only by raise_exception."""

import json
from pathlib import Path

import jinja2
from transformers.utils.chat_template_utils import render_jinja_template

FOLDER = Path(__file__).parent / "chat-templates-constructs"
CONVERSATIONS = [
    [{"role": "user", "content": "a <b> & 'c'"}],
    [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": "naïve 😀"},
        {"role": "assistant", "content": "x", "tool_calls": [{"name": "f"}]},
        {"role": "user", "content": "end\n"},
    ],
]


def main():
    source = (FOLDER / "constructs.jinja").read_text()
    cases = []
    for messages in CONVERSATIONS:
        arguments = {"content": messages[-1]["content"]}
        rendered, _ = render_jinja_template(
            [messages], chat_template=source, bos_token="<s>", eos_token="</s>", **arguments)
        cases.append({
            "template": "constructs",
            "messages": messages,
            "add_generation_prompt": False,
            "arguments": arguments,
            "text": rendered[0],
        })
    expected = {
        "format": 1,
        "case": "chat-templates-constructs",
        "kind": "chat_template",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "meaning": "as in chat-templates; jinja2 " + jinja2.__version__,
        "cases": cases,
        "assistant_masks": [],
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


main()
