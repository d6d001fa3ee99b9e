"""Generation: one record per answer, joined from the prefill and all cached steps of ``generate``."""

from __future__ import annotations

from typing import Any

from torch import nn

from regard.capture.compiled import original
from regard.capture.generation.answer import answers
from regard.capture.generation.arguments import Settings
from regard.capture.generation.followed import follow
from regard.capture.generation.prompt import prompt_inputs
from regard.capture.generation.result import record_answer
from regard.capture.run import check_model
from regard.errors import ArgumentError
from regard.record.record import Record

__all__ = ["capture_generation"]


def capture_generation(
    model: nn.Module, tokenizer: Any = None, prompt: Any = None, *, alternatives: int = 5, **generate_kwargs: Any
) -> Record | list[Record]:
    """Let ``model`` write an answer with its own ``generate``, and record the attention and choices of every step.

    ``prompt`` is a text, chat messages, or a list of either; or pass ``input_ids=ids`` [batch, token] (and its
    ``attention_mask``). Everything else is what ``model.generate`` takes::

        capture_generation(model, tokenizer, "The capital of Germany is", max_new_tokens=20)
        capture_generation(model, tokenizer, [{"role": "user", "content": "Hello"}], do_sample=True, top_p=0.9)
        capture_generation(model, tokenizer, "Good morning", num_beams=4, num_return_sequences=2)

    Returns one :class:`~regard.record.record.Record`, or a list for a list of prompts and for several returned
    sequences. The answer is the very one that ``generate`` gives with these arguments and this random state.

    The record is of what the model read: the prompt and the answer but for its last token, which was chosen and never
    read, so that each query from the prompt's last token on chose exactly one token. Queries and new keys are kept as
    prefill and every cached step computed them, O(tokens · d); with beams, each token from the beam it was in. So
    the weights equal those of one full pass over the same tokens to the precision of the model's dtype.
    ``record.generation`` holds the border, the whole answer, and for each step the ``alternatives`` likeliest tokens
    with log-probabilities (:class:`~regard.record.generation.Generation`).

    Assisted generation, prompt lookup and ``use_cache=False`` are recorded by one full pass over the finished text
    (``record.generation.rerun``), as are models that compute attention outside transformers' attention functions.

    Raises ``ArgumentError`` for arguments that cannot be used, a quantised cache or a cache that is not empty among
    them, and ``NoAttentionError`` where no token sequences are returned or no attention is seen.
    """
    model = original(model)
    _check(model, alternatives)
    inputs, single, rest = prompt_inputs(model, tokenizer, prompt, generate_kwargs)
    settings = Settings(model, rest)
    settings.check()
    followed = follow(model, tokenizer, inputs, settings, alternatives)
    pad = settings.get("pad_token_id") if settings.may_end_otherwise else None
    found = answers(followed.generated, len(inputs.rows), followed.watch.prompt, settings.ends, pad)
    records = [record_answer(model, tokenizer, inputs, followed, answer, alternatives) for answer in found]
    return records[0] if single and len(records) == 1 else records


def _check(model: Any, alternatives: int) -> None:
    check_model(model)
    if not callable(getattr(model, "generate", None)) or not getattr(model, "can_generate", lambda: True)():
        raise ArgumentError(
            f"{type(model).__name__} cannot generate; load the model with its language-model head, for example "
            "AutoModelForCausalLM.from_pretrained(...), or capture one pass with regard.capture"
        )
    if not isinstance(alternatives, int) or isinstance(alternatives, bool) or alternatives < 1:
        raise ArgumentError(f"alternatives must be a whole number from 1 on; got {alternatives!r}")
