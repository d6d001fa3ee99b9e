"""Telling families through the part of the sweep that experiments: edits beside the same changes made by hand."""

import pytest
import torch

from models.build import build
from models.edited import AS_BY_HAND, AS_RUN, edited, short, works

TYPES = (
    "bert", "gpt2", "llama", "t5", "bart", "gpt_oss", "gemma3_text", "albert", "clip", "whisper", "falcon", "bloom",
    "swin", "swinv2", "lilt", "vilt", "qwen2_vl", "mpt",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # the models' own
@pytest.mark.parametrize("model_type", TYPES)
def test_edits_are_what_the_same_changes_by_hand_are(model_type):
    found = edited(build(model_type))
    assert works(found), found


def test_a_wrong_edit_would_be_seen(monkeypatch):
    from regard.experiment import KnockOut

    monkeypatch.setattr(KnockOut, "on_scores", lambda _edit, scores, _box: scores)
    assert edited(build("bert"))["encoder"].startswith("off: mask ")


def test_what_is_refused_is_said():
    torch.manual_seed(0)
    found = edited(build("qwen2_5_vl_vision"))
    assert found["encoder"].startswith(f"{AS_RUN}, but mean refused (NoAttentionError): ")
    assert not works(found)
    assert short({"encoder": AS_BY_HAND, "cross": AS_BY_HAND}) == AS_BY_HAND
