"""The transliteration model (Arabic names letter by letter to English), where a checkout has it beside itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "shared" / "models" / "aren-transliteration"


class Letters:
    """A tokenizer of single letters: source letters have the first ids, target letters those from an offset on."""

    is_fast = False
    unk_token_id = None
    pad_token_id = 0
    all_special_ids = (0, 52, 53)

    def __init__(self, folder: Path = FOLDER) -> None:
        found = json.loads((folder / "vocab_pairs.json").read_text(encoding="utf-8"))
        self._source = {token: i for i, token in enumerate(found["source"])}
        self._target = {token: i + found["target_offset"] for i, token in enumerate(found["target"])}
        self._names = {i: token for table in (self._source, self._target) for token, i in table.items()}
        self.bos_token_id, self.eos_token_id = self._target["<s>"], self._target["</s>"]

    def __call__(self, text: str | None = None, text_target: str | None = None, **_options: Any) -> dict[str, Any]:
        if text_target is not None:
            ids = [*(self._target[letter] for letter in text_target), self.eos_token_id]
        else:
            assert text is not None
            table = self._source if all(letter in self._source for letter in text) else self._target
            ids = [table[letter] for letter in text]
        return {"input_ids": ids, "attention_mask": [1] * len(ids)}

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        """The letters of ids."""
        return [self._names.get(int(i), f"<{int(i)}>") for i in ids]


def model() -> Any:
    """The model, in eval mode."""
    from transformers import PegasusForConditionalGeneration

    return PegasusForConditionalGeneration.from_pretrained(FOLDER).eval()
