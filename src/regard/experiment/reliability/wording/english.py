"""What a report says, in English. Templates: every number that a verdict rests on is in its sentence."""

from collections.abc import Mapping

ASKED: Mapping[str, str] = {
    "Q0": "Is the attention parked?",
    "Q1": "Do the bright tokens matter to this output?",
    "Q2": "Through this picture, or through other heads and layers?",
    "Q3": "Is the picture unique?",
    "Q4": "Do the positions still hold their tokens?",
    "Q5": "Does the fast overlay agree with the cuts?",
}

PIECES: Mapping[str, str] = {
    "log_p": "log p({target})",
    "logit": "the logit of {target}",
    "value": "the value asked about",
    "nats": " nats",
    "none": "",
    "and": ", ",
    "token": "“{label}” (token {token})",
    "lowered": "lowered",
    "raised": "raised",
    "controls": (
        "{m} control tokens: median {median}, largest {largest}; p = {p}, corrected for the tokens shown {holm}"
    ),
    "sets": "{m} random sets of as many tokens: median {median}, largest {largest}; p = {p}",
    "by size": "; no p here can be below {least}, so it is judged by size: twice every control but at most one",
    "also": " Replacing it changed {what} by {effect} ({against}).",
    "share": "{share} of what cutting it in all layers did ({all})",
    "no share": "cutting it in all layers: {all}",
    "not measured": "not measured",
    "row": "layer {layers}, {heads}, {queries} of {kind} attention",
    "heads": "head {numbers}",
    "all heads": "all {count} heads",
    "query": "query {numbers}",
    "all queries": "all {count} queries",
    "special": "special token",
    "first": "first token, a sink",
    "small": "passes on little",
}

VERDICTS: Mapping[str, str] = {
    "supported": (
        "Replacing {tokens} {moved} {what} by {effect}{unit} ({against}). Setting the picture's weights on {it} "
        "to zero changed it by {view}, {share}."
    ),
    "little": (
        "Replacing {tokens} {moved} {what} by {effect}{unit} ({against}). But setting the picture's weights on "
        "{it} to zero changed it by {view} only: {share}. It is read elsewhere."
    ),
    "elsewhere": (
        "Replacing {tokens} {moved} {what} by {effect}{unit} ({against}). But this row does not carry it: cut "
        "here, {view}; {share}. It reaches the output by other rows."
    ),
    "routing": (
        "Little passes from {tokens}: hiding {it} in all layers changed {what} by {mask}{unit}, setting its "
        "weights to zero by {value}. Hiding {it} re-routes attention, as at a sink or a blocker.{replaced}"
    ),
    "opposes": "Replacing {tokens} RAISED {what} by {effect}{unit} ({against}): bright, and it speaks against.",
    "within": "Replacing {tokens} changed {what} by {effect}{unit}, no more than random tokens did ({against}).",
    "position": (
        "Replacing {tokens} changed {what} by {effect}{unit}, which does not stand out ({against}). Cutting the "
        "picture's view of that position did change it, by {view}: what is read there does not depend on this "
        "token."
    ),
    "mixed": (
        "Together {tokens} matter ({effect}{unit}; {against}), but most of what is bright lies on tokens that "
        "alone matter no more than random ones, or only route."
    ),
    "between": (
        "Replacing {tokens} changed {what} by {effect}{unit}, but so did others that are not bright ({against})."
    ),
    "redundant": (
        "Replacing {tokens} alone changed {what} by {effect}{unit} ({against}), but the shown tokens together "
        "lose much of their effect without {it} ({joint} with, {without} without): others may say the same."
    ),
    "parked": (
        "{tokens} cannot be judged by replacement. Hidden in all layers, {what} changed by {mask}{unit}; with "
        "its weights set to zero, by {value}."
    ),
    "uncertain": (
        "The output itself is uncertain: p({target}) = {probability}. No token can be said to have decided it."
    ),
    "noise": "Numerical noise (three times {noise}) is as large as effects that would count ({small}).",
    "few": (
        "Only {m} tokens are there to compare with; four are needed. Replacing {tokens} changed {what} by "
        "{effect}{unit}."
    ),
    "not measured": "The tests of {tokens} were not run: {reason}.",
    "not cut": (
        "Replacing {tokens} {moved} {what} by {effect}{unit} ({against}), but the cuts were not run: {reason}."
    ),
    "flat": "No token stands out: the brightest has less than half more than the mean of all.",
    "mostly routing": (
        "Of what the bright tokens hold, {share} lies on {tokens}, from which little passes. All bright ones "
        "replaced together changed {what} by {effect}{unit} ({against})."
    ),
    "nothing bright": "There is no bright token to test: {reason}.",
    "all parked": (
        "No token is bright but parked ones: {share} of the row lies on {tokens}, from which little passes."
    ),
    "not enough": (
        "Replacing {tokens} changed {what} by {effect}{unit}, more than every control, but not by enough to tell "
        "({against})."
    ),
    "small": (
        "Replacing {tokens} changed {what} by {effect}{unit}, too little to count: under {small}, or within the "
        "noise ({against})."
    ),
}

FINDINGS: Mapping[str, str] = {
    "Q0": "{share} of the row lies on parked tokens ({parked}){passed}. {own}",
    "Q0 none": "No part of the row lies on special tokens or a sink at the first one. {own}",
    "Q0 passed": "; of what the row passes on (weight × ‖{of}‖), {share}",
    "Q0 key": "{token} {share}, {why}",
    "Q0 own": "The query's own position holds {share}.",
    "Q0 blind": "Value norms were not seen, so what is passed on is not known.",
    "Q1": "One at a time ({alone}) against {m} controls (median {median}{unit}, largest {largest}). {joint}",
    "Q1 joint": (
        "All {k} together: {effect}{unit}, against {sets} random sets (median {median}, largest {largest}; p = {p})."
    ),
    "Q1 one": "{label} {effect}",
    "Q2": (
        "Weights of {tokens} set to zero: here {view}, in the layer {layer}, in all layers {all}{unit}; hidden "
        "before the softmax: {mask_view}, {mask_layer}, {mask_all}. {controls}"
    ),
    "Q2 controls": "{m} control tokens, set to zero here: largest {largest}.",
    "Q3": (
        "{rows} other rows: shuffled ones moved the output by {median} (median, {unit}), an even one by {even}. {same}"
    ),
    "Q3 same": (
        "Not unique: {count} of them left the output as it was (within .05), the furthest at a Jensen-Shannon "
        "divergence of {furthest} of {most}."
    ),
    "Q3 none": "None of them that is clearly another row left the output as it was (within .05).",
    "Q4": "Of the state that enters the layer there, the token's own share is: {shares}.",
    "Q5": (
        "Integrated gradients over the rows, beside setting {count} edges to zero: Pearson {pearson}; the same "
        "sign for {signs} of the {measurable} that are above the noise."
    ),
    "not measured": "Not measured: {reason}.",
    "Q5 none": (
        "None of the {count} edges that were set to zero did more than the noise, so there is nothing to agree with."
    ),
}

BASIS = (
    "Target: {target}. Cut: {row} ({why}). Replaced by {replacement}. {runs} variants run, seed {seed}. n = "
    "{texts} text{s}. This is about this output only."
)
NOTES: Mapping[str, str] = {
    "entropy": "The output is spread: its entropy is {entropy} nats, {share} of the most possible.",
    "stopped": "The report is not whole: {reason} after {finished} of {planned} variants.",
    "rank": "The target is not the model's first choice but rank {rank} (p = {probability}).",
    "other row": "The row shown (query {queries}) is not the one that predicts ({position}).",
    "controls": "Only {m} tokens were there to compare with, where {wanted} were asked for.",
    "sets": "Only {m} random sets could be made, where {wanted} were asked for.",
}
TARGET: Mapping[str, str] = {
    "class": "{piece} with p = {p}, rank {rank}",
    "value": "a function of the output, {value}",
}
REPLACEMENT: Mapping[str, str] = {
    "vocabulary": "{samples} tokens drawn from the whole vocabulary",
    "proposal": "{samples} of the proposed tokens",
    "none": "nothing (no token was replaced)",
}
WHY: Mapping[str, str] = {
    "view": "as the view shows it",
    "asked": "as asked",
    "default": "the last layer, as nothing was named",
}
REASONS: Mapping[str, str] = {
    "stopped": "the budget was not spent",
    "form": "the quick form does not ask this",
}

WORDS: Mapping[str, str] = {
    "SUPPORTED": "SUPPORTED",
    "SUPPORTED, NOT THROUGH THIS PICTURE": "SUPPORTED, NOT THROUGH THIS PICTURE",
    "ROUTING ONLY": "ROUTING ONLY",
    "OPPOSES": "OPPOSES",
    "NOT SUPPORTED": "NOT SUPPORTED",
    "CANNOT SAY": "CANNOT SAY",
}
