"""Which circuits each method solves by theory: all its causes come out on top."""

from __future__ import annotations

ALL = "induction, sink decoy, bag, unread write, cancelling heads, or, and, pointer, relay, blocker"


def _without(*names: str) -> frozenset[str]:
    return frozenset(ALL.split(", ")) - set(names)


def _only(names: str) -> frozenset[str]:
    return frozenset(names.split(", "))


SOLVES: dict[str, frozenset[str]] = {
    # Every subset of tokens is tried.
    "Shapley": _without(),
    # One of two words that each say enough is never missed.
    "occlusion": _without("or"),
    # What is re-routed by hiding a key is taken for what was read there: at a sink more than at the letter beside it.
    # Which token chose where to read is seen only where its own state goes through attention.
    "mask knock-out": _without("induction", "sink decoy", "or"),
    # Nothing is re-routed, so that a word which only takes attention away does nothing.
    "value knock-out": _without("induction", "or", "blocker"),
    # The way from the mean embedding leads through where softmax and clamps are not saturated yet: selection is seen,
    # and of two words either of which is enough both count.
    "integrated gradients": _without(),
    # Attention is a constant, so what only chooses where to read gets nothing; and where either of two words is enough
    # the slope is 0.
    "CP-LRP = DecompX": _without("induction", "or", "pointer", "blocker"),
    # From nothing to what it is, so that of two words either of which is enough both count; of one layer's values.
    "integrated rows, last layer": _without("induction", "pointer", "relay", "blocker"),
    # What is mixed into the last state by one layer, whatever the target and whatever chose it.
    "value zeroing, last layer": _without("induction", "pointer", "relay", "blocker"),
    # Multiplied through layers without the residual stream, a large write into a state stands for all of that state.
    "value zeroing, rollout (unsound)": _without("induction", "unread write", "pointer", "blocker"),
    # As value zeroing, but by head: what two heads write counts twice where it cancels.
    "norm-weighted, last layer": _without("induction", "cancelling heads", "pointer", "relay", "blocker"),
    # One layer; and the slope where the output stands, which is 0 once enough is said.
    "gradient × attention, last layer": _only("sink decoy, bag, unread write, cancelling heads, and"),
    # Only what speaks for the target: evidence against it, or against its rivals, is cut off, and of two heads that
    # cancel only one is seen.
    "Chefer": _only("sink decoy, and, relay"),
    # Where the attention is happens to be where the causes are.
    "raw, last layer": _only("unread write, blocker"),
    "rollout": _only("pointer"),
    "chance": frozenset(),
}
