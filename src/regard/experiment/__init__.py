"""Model + intervention → effect: what changes in the output when attention is changed.

A measure says where heads look; an experiment says whether that matters, by changing it and running the model again::

    from regard import experiment

    asked = experiment.ask(model, tokenizer, "The capital of France is", target=" Paris")
    experiment.run(asked, [experiment.KnockOut(layer=4, head=2, query=-1, key=3)]).values
    experiment.scan_heads(asked).values  # [layer, head]

Needs torch and transformers (the extra ``models``).
"""

from regard.experiment.attribution.attn_lrp import attn_lrp
from regard.experiment.attribution.attribution import Attribution
from regard.experiment.attribution.by_captum import integrated_gradients, occlusion
from regard.experiment.attribution.cp_lrp import cp_lrp
from regard.experiment.attribution.direct_logits import direct_logits
from regard.experiment.attribution.head_importance import head_importance
from regard.experiment.attribution.integrated_rows import gradient_rows, integrated_rows
from regard.experiment.attribution.linear import NotLinearError
from regard.experiment.attribution.linearised import linearised
from regard.experiment.attribution.patching import patch
from regard.experiment.attribution.token_share import token_share
from regard.experiment.attribution.value_zeroing import value_zeroing
from regard.experiment.controls import Controls, controls
from regard.experiment.decoding import DecodingStoppedError, decode
from regard.experiment.editing import editing
from regard.experiment.edits import Ablate, Edit, HeadOutputs, KnockOut, ReplaceRows
from regard.experiment.effects import Effects, run
from regard.experiment.hide import Hide
from regard.experiment.outputs import head_outputs
from regard.experiment.question import Baseline, Question, ask
from regard.experiment.replace_tokens import replace_tokens
from regard.experiment.reweigh import MoveWeight, PinRow, ScaleWeight
from regard.experiment.scan import Scan, ScanStoppedError
from regard.experiment.scan_edges import scan_edges
from regard.experiment.scan_heads import scan_heads
from regard.experiment.scan_tokens import scan_tokens

__all__ = [
    "Ablate",
    "Attribution",
    "Baseline",
    "Controls",
    "DecodingStoppedError",
    "Edit",
    "Effects",
    "HeadOutputs",
    "Hide",
    "KnockOut",
    "MoveWeight",
    "NotLinearError",
    "PinRow",
    "Question",
    "ReplaceRows",
    "ScaleWeight",
    "Scan",
    "ScanStoppedError",
    "ask",
    "attn_lrp",
    "controls",
    "cp_lrp",
    "decode",
    "direct_logits",
    "editing",
    "gradient_rows",
    "head_importance",
    "head_outputs",
    "integrated_gradients",
    "integrated_rows",
    "linearised",
    "occlusion",
    "patch",
    "replace_tokens",
    "run",
    "scan_edges",
    "scan_heads",
    "scan_tokens",
    "token_share",
    "value_zeroing",
]
