"""Model + intervention → effect: what changes in the output when attention is changed.

A measure says where heads look; an experiment says whether that matters, by changing it and running the model again::

    from regard import experiment

    asked = experiment.ask(model, tokenizer, "The capital of France is", target=" Paris")
    experiment.run(asked, [experiment.KnockOut(layer=4, head=2, query=-1, key=3)]).values
    experiment.scan_heads(asked).values  # [layer, head]

Needs torch and transformers (the extra ``models``).
"""

from regard.experiment.controls import Controls, controls
from regard.experiment.editing import editing
from regard.experiment.edits import Ablate, Edit, HeadOutputs, KnockOut, ReplaceRows
from regard.experiment.effects import Effects, run
from regard.experiment.outputs import head_outputs
from regard.experiment.question import Baseline, Question, ask
from regard.experiment.replace_tokens import replace_tokens
from regard.experiment.scan import Scan, ScanStoppedError
from regard.experiment.scan_edges import scan_edges
from regard.experiment.scan_heads import scan_heads
from regard.experiment.scan_tokens import scan_tokens

__all__ = [
    "Ablate",
    "Baseline",
    "Controls",
    "Edit",
    "Effects",
    "HeadOutputs",
    "KnockOut",
    "Question",
    "ReplaceRows",
    "Scan",
    "ScanStoppedError",
    "ask",
    "controls",
    "editing",
    "head_outputs",
    "replace_tokens",
    "run",
    "scan_edges",
    "scan_heads",
    "scan_tokens",
]
