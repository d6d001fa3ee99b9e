"""The states of one input: of every position, in every layer, of its encoder and its decoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from regard.capture import capture
from regard.capture.arrays import to_numpy
from regard.capture.compiled import original
from regard.capture.inputs import Inputs, device_of, is_encoder_decoder
from regard.corpus.encoded import read_one, text_of
from regard.corpus.hidden import STREAMS, Stream, chosen_layers, hidden_states, row_of
from regard.errors import ArgumentError, NoAttentionError, not_one_of
from regard.record.tokens import Tokens


@dataclass(frozen=True, eq=False, repr=False)
class States:
    """Hidden states of one input, by stream: ``arrays[stream]`` is [layer, position, d_model].

    ``layers[stream]`` are the layers' numbers: 0 is the embeddings, ``l`` what leaves the ``l``-th layer.
    ``tokens[stream]`` has one token per position: the one that is read there. What a decoder writes at a position is
    the token at the next one. ``generated`` says that the model wrote the target itself, ``cut`` that it was stopped
    before it had ended.
    """

    arrays: Mapping[Stream, np.ndarray]
    layers: Mapping[Stream, tuple[int, ...]]
    tokens: Mapping[Stream, Tokens]
    source: str
    target: str | None = None
    generated: bool = False
    cut: bool = field(default=False)

    def of(self, stream: Stream, layer: int) -> np.ndarray:
        """States of one layer by its number, [position, d_model]."""
        if stream not in self.arrays:
            raise not_one_of("stream in these states", stream, self.arrays)
        if layer not in self.layers[stream]:
            raise not_one_of(f"layer of the {stream} in these states", layer, self.layers[stream])
        return np.asarray(self.arrays[stream][self.layers[stream].index(layer)])

    def __repr__(self) -> str:
        sizes = ", ".join(f"{stream} {list(array.shape)}" for stream, array in self.arrays.items())
        return f"<States [layer position d_model]: {sizes}>"


def states(
    model: nn.Module,
    tokenizer: Any,
    source: Any,
    target: Any = None,
    *,
    layers: Any = "all",
    streams: Sequence[Stream] | None = None,
) -> States:
    """The hidden states of every position of one input, from one forward pass of the model.

    An encoder-decoder has those of its encoder and decoder, and with ``streams=("encoder", "decoder", "context")`` also
    what each of the decoder's cross-attentions writes (the context vectors of Bahdanau et al. 2015, as today's models
    have them: summed over heads, after the output projection). Without ``target`` it first writes its own greedy
    answer. A model of one sequence has a single stream: ``"decoder"`` where its attention is causal, else
    ``"encoder"``.

    ``source`` and ``target`` are text, or the ids of exactly what the model reads: special tokens included, and a
    target from the decoder's start token on (as ``decoder_input_ids`` are). ``layers`` are numbers (negative ones count
    from the end), ``"all"``, or ``None`` for the last; or a dictionary of these by stream.
    """
    check_model(model)
    model = original(model)
    wanted = streams_of(model, tokenizer, source, streams)
    if target is not None and not is_encoder_decoder(model):
        raise ArgumentError(f"target is the text of a decoder, but {type(model).__name__} is no encoder-decoder")
    inputs, cut = read_one(model, tokenizer, source, target)
    generated = inputs.encoder_decoder and target is None
    said = source if isinstance(source, str) else text_of(tokenizer, source)
    written = target if isinstance(target, str) else None
    if inputs.encoder_decoder and written is None:
        written = text_of(tokenizer, np.asarray(inputs.rows[0].tokens["decoder"].ids).tolist())
    found = states_of(model, inputs, layers, wanted)
    return replace(found, source=said, target=written, generated=generated, cut=bool(cut))


def states_of(model: nn.Module, inputs: Inputs, layers: Any, streams: Sequence[Stream]) -> States:
    """The hidden states of one input that is given as the model's own arguments, whose texts are not known."""
    found = hidden_states(model, inputs, streams)
    chosen = {stream: chosen_layers(of_stream(layers, stream), len(found[stream]), stream) for stream in streams}
    arrays = {}
    for stream, numbers in chosen.items():
        arrays[stream] = np.stack([to_numpy(row_of(found[stream][n], inputs, 0, stream)) for n in numbers])
    tokens = {stream: tokens_of(inputs, 0, stream) for stream in streams}
    return States(arrays, chosen, tokens, "")


def tokens_of(inputs: Inputs, row: int, stream: Stream) -> Tokens:
    """The tokens that a stream reads, one per state."""
    return inputs.rows[row].tokens["decoder" if stream == "context" else stream]


def of_stream(layers: Any, stream: Stream) -> Any:
    """What ``layers=`` says of one stream."""
    return layers.get(stream, ()) if isinstance(layers, Mapping) else layers


def streams_of(model: nn.Module, tokenizer: Any, text: Any, asked: Sequence[Stream] | None) -> tuple[Stream, ...]:
    """The streams to keep: those asked for, or all that the model has but ``"context"``.

    Raises ``ArgumentError`` for streams that it does not have.
    """
    has: tuple[Stream, ...] = STREAMS if is_encoder_decoder(model) else (_only_stream(model, tokenizer, text),)
    wanted = [stream for stream in has if stream != "context"] if asked is None else list(asked)
    if isinstance(asked, str) or not wanted:
        raise ArgumentError(f"streams must be a tuple of {', '.join(map(repr, has))}; got {asked!r}")
    for stream in wanted:
        if stream not in has:
            raise not_one_of(f"stream of {type(model).__name__}", stream, has)
    return tuple(stream for stream in STREAMS if stream in wanted)


def _only_stream(model: nn.Module, tokenizer: Any, text: Any) -> Stream:
    """Whether a model of one sequence reads it causally, as capture sees it."""
    try:
        if isinstance(text, str):
            record: Any = capture(model, tokenizer, text)
        else:
            record = capture(model, input_ids=torch.tensor([[int(number) for number in text]], device=device_of(model)))
    except NoAttentionError:
        can = getattr(model, "can_generate", lambda: False)()
        return "decoder" if can else "encoder"
    return "decoder" if "decoder" in record.attentions else "encoder"


def check_model(model: object) -> None:
    """Raises ``ArgumentError`` for what is no model, and for one in train mode, whose states change with every run."""
    if not isinstance(model, nn.Module):
        raise ArgumentError(f"states are read from a model, a torch.nn.Module; got {type(model).__name__}")
    training = next((path or type(model).__name__ for path, module in model.named_modules() if module.training), None)
    if training is not None:
        raise ArgumentError(f"{training} is in train mode, where dropout changes every state; call model.eval() first")
