"""The arguments of ``generate``: what the user set, and what is added to look on."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from transformers import StoppingCriteria

from regard.errors import ArgumentError

_RESULTS = (
    "return_dict_in_generate", "output_scores", "output_logits", "output_attentions", "output_hidden_states"
)  # fmt: skip
_SPECULATION = ("assistant_model", "prompt_lookup_num_tokens", "assistant_early_exit", "custom_generate")


class Settings:
    """The settings that ``generate`` will use: its keywords, before a ``generation_config``, before the model's own."""

    def __init__(self, model: Any, given: Mapping[str, Any]):
        self._places = [given, vars(given.get("generation_config") or object), vars(model.generation_config)]
        self.given = given

    def get(self, name: str, default: Any = None) -> Any:
        """The value that ``generate`` will use."""
        values = (place.get(name) for place in self._places)
        return next((value for value in values if value is not None), default)

    def check(self) -> None:
        """Raises ``ArgumentError`` for settings that a record cannot be made under."""
        for name in _RESULTS:
            if name in self.given:
                raise ArgumentError(
                    f"capture_generation returns records, so {name} has no use; the tokens, log-probabilities and "
                    "alternatives are in record.generation, the weights in record.attention()"
                )
        if self.get("cache_implementation") == "quantized" or "Quantized" in type(self.get("past_key_values")).__name__:
            raise ArgumentError(
                "a quantised cache changes keys after they were used, so the weights of each step cannot be made from "
                "one set of keys; use the default cache, or cache_implementation='static' or 'offloaded'"
            )
        held = self.get("past_key_values")
        count = 0 if held is None else int(held.get_seq_length())
        if count:
            raise ArgumentError(
                f"past_key_values holds {count} tokens already, whose queries are gone; pass the whole prompt, and an "
                "empty cache or none"
            )

    @property
    def speculates(self) -> bool:
        """Whether passes read tokens that are only guessed, several at once."""
        return any(self.get(name) for name in _SPECULATION)

    @property
    def may_end_otherwise(self) -> bool:
        """Whether something besides an end token and the greatest length may end one row before the others."""
        return bool(self.get("stopping_criteria") or self.get("stop_strings"))

    @property
    def ends(self) -> frozenset[int]:
        """Ids of the tokens that end an answer."""
        end = self.get("eos_token_id")
        ids = end.reshape(-1).tolist() if hasattr(end, "reshape") else end
        return frozenset([] if ids is None else [int(i) for i in (ids if isinstance(ids, (list, tuple)) else [ids])])

    def arguments(self, tokenizer: Any, watch: StoppingCriteria) -> dict[str, Any]:
        """The keyword arguments to call ``generate`` with, the watch among them and last to be asked."""
        ours = {"return_dict_in_generate": True, "output_scores": True, "disable_compile": True}
        found = dict(self.given)
        if found.get("generation_config") is None:
            found.update(ours)
        else:
            found["generation_config"] = copy.deepcopy(found["generation_config"])
            found["generation_config"].update(**ours)
        before = found.get("stopping_criteria")
        found["stopping_criteria"] = [*(before if isinstance(before, list) else [before] if before else []), watch]
        if self.get("stop_strings"):
            found.setdefault("tokenizer", tokenizer)
        return found
