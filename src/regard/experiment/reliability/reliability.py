"""``regard.reliability``: asks a live model whether a picture of its attention holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from regard.axes import Kind
from regard.errors import ArgumentError, RegardError, not_one_of
from regard.experiment.inputs import check_eval
from regard.experiment.places import Numbers
from regard.experiment.question import Question, ask
from regard.experiment.reliability.form import Cost, form_of
from regard.experiment.reliability.picture import check_same, choice_of, picture_of
from regard.experiment.reliability.record_inputs import inputs_of
from regard.experiment.reliability.replacing import Proposal
from regard.experiment.reliability.report import Report
from regard.experiment.reliability.study import Study
from regard.experiment.reliability.summary import Summary, reliability_over
from regard.experiment.scan import Progress
from regard.record import Record

EFFECTS = ("log_p", "logit")


class ReportStoppedError(RegardError):
    """A report failed on the way; ``partial`` is what was finished."""

    def __init__(self, message: str, partial: Report) -> None:
        super().__init__(message)
        self.partial = partial


def reliability(
    model: Any,
    tokenizer: Any = None,
    text: Any = None,
    text_pair: Any = None,
    *,
    view: Any = None,
    record: Record | None = None,
    layer: Numbers = None,
    heads: Numbers = None,
    query: Numbers = None,
    kind: Kind | None = None,
    target: int | str | None = None,
    foil: int | str | None = None,
    position: int | None = None,
    effect: str | Callable[[Any], Tensor] = "log_p",
    answer: str | None = None,
    form: str = "full",
    controls: int | None = None,
    proposal: Proposal = None,
    adversary: bool = False,
    seed: int = 0,
    batch: int | None = None,
    plan_only: bool = False,
    progress: Progress | None = None,
    **model_inputs: Any,
) -> Report | Cost | Summary:
    """Whether the bright tokens of a picture matter to what the model says here, and whether through this picture.

    Give the text (or ids) as to :func:`regard.experiment.ask`, and the picture: a ``view`` whose selection is meant
    (its record then also tells the text), or ``layer``, ``heads`` and ``query``; ``layer`` may be several. Without
    either it is the last layer, the mean of its heads, and the row that predicts: ``position`` in a language model, the
    mask of a masked one, the first token of a classifier, the cross attention of an encoder-decoder; all rows where
    ``effect`` is a function of an encoder's output. ``target``, ``foil``, ``position``, ``answer`` and ``batch`` are
    those of ``ask``; ``effect`` is ``"log_p"``, ``"logit"`` or a function, as only effects with a sign can support or
    oppose.

    Q0 is the attention parked (special tokens, a first token that is a sink, keys that pass little on)? Q1 do the
    bright tokens matter: other tokens in their place, beside matched controls, and together beside random sets? Q2
    through this picture: its edges cut here, in the layer, in all layers, by mask and by value? Q3 is it unique: rows
    shuffled and made even (with ``adversary``, also rows that look at one key alone)? ``form="quick"`` asks Q0, and Q1
    and Q2 of the brightest token, in 16 runs; ``"full"`` all, of three tokens, in about 150, half of them decode steps
    in language models. ``controls`` is how many tokens to compare with; with 19, p of one token is at least .05.
    ``proposal`` are token ids to replace by, for all tokens or as a mapping by token (tokens that it lacks are then not
    tested).

    ``plan_only=True`` runs the model twice and returns the :class:`Cost`. ``progress`` is called with the numbers of
    finished and planned variants, first with none finished, and stops the report by returning ``False``, as the
    keyboard does. The report then holds what was finished. Raises :class:`ReportStoppedError`, which holds it too, when
    a run fails in a way that is not regard's own, and what ``ask`` raises.

    A list of texts gives a :class:`Summary` of their reports (see :func:`regard.reliability_over`).

    The verdict is one of six fixed words with its numbers; the rules are those of
    :mod:`regard.experiment.reliability.verdict`. It is about this output of this text.
    """
    if isinstance(text, (list, tuple)) and len(text) > 1 and all(isinstance(one, str) for one in text):
        return _over_texts(dict(locals()))
    made = form_of(form)
    if isinstance(effect, str) and effect not in EFFECTS:
        raise not_one_of("effect with a sign", effect, (*EFFECTS, "a function of the output"))
    record, text, tokenizer = _record_of(record, view, text, tokenizer)
    check_eval(model)
    if record is not None and text is None and not model_inputs:
        model_inputs = dict(inputs_of(record, model))
    question = ask(
        model,
        tokenizer,
        text,
        text_pair,
        target=target,
        foil=foil,
        position=_position(model, view, query, kind, position),
        effect=effect,
        answer=answer,
        batch=batch,
        **model_inputs,
    )
    study = _study(question, view, record, (layer, heads, query, kind), made, seed, proposal, controls, adversary)
    if plan_only:
        return study.cost
    report, error = study.run(progress)
    if error is not None:
        raise ReportStoppedError(
            f"the report stopped after {report.runs} of {report.planned} variants ({type(error).__name__}: {error}); "
            "what is finished is in this error's .partial",
            report,
        ) from error
    return report


def _over_texts(given: dict[str, Any]) -> Summary:
    """A report of each text, until one is stopped, and what they say together."""
    texts, inputs = given.pop("text"), given.pop("model_inputs")
    for name in ("view", "record", "text_pair", "plan_only"):
        if given[name]:
            raise ArgumentError(f"{name}= is of one text; ask for each of the {len(texts)} texts by itself")
    reports: list[Report] = []
    for text in texts:
        report = reliability(**given, text=text, **inputs)
        assert isinstance(report, Report)
        reports.append(report)
        if report.stopped:
            break
    return reliability_over(reports)


def _study(
    question: Question,
    view: Any,
    record: Record | None,
    shown: tuple[Numbers, Numbers, Numbers, Kind | None],
    form: Any,
    seed: int,
    proposal: Proposal,
    controls: int | None,
    adversary: bool,
) -> Study:
    if controls is not None and controls < 1:
        raise ArgumentError(f"controls must be 1 or more; got {controls}")
    picture = picture_of(question, choice_of(question, view, *shown))
    if record is not None:
        check_same(record, picture)
    return Study(question, picture, form, seed, proposal, controls, adversary)


def _record_of(record: Record | None, view: Any, text: Any, tokenizer: Any) -> tuple[Record | None, Any, Any]:
    """The record, wherever it was given: by name, in the place of the text or the tokenizer, or as the view's."""
    if isinstance(tokenizer, Record):
        record, tokenizer = tokenizer, None
    if isinstance(text, Record):
        record, text = text, None
    if record is None:
        record = getattr(view, "record", None)
    return record, text, tokenizer


def _position(model: Any, view: Any, query: Numbers, kind: Kind | None, position: int | None) -> int | None:
    """Where the prediction is read: of a model that writes text, at the one row that is shown."""
    state = getattr(getattr(view, "selection", None), "state", None)
    named = query if query is not None or state is None else state.query
    kind = kind if kind is not None or state is None else state.kind
    writes = getattr(model, "can_generate", lambda: False)() and kind != "encoder"
    return named if position is None and isinstance(named, int) and writes else position
