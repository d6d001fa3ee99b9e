"""A reliability view as text: the words of its report."""

from __future__ import annotations

from textwrap import wrap

from regard.view import ReliabilityView


def reliability_text(view: ReliabilityView, width: int) -> list[str]:
    """The report's verdicts, findings and notes, nothing cut; in Chinese where the view's language is that."""
    found, spoken = view.shown, "zh" if view.language == "zh" else "en"
    lines = [f"{view.record.model.name}: {found.word[spoken]}", f"  {found.sentence[spoken]}", ""]
    for judged in found.judged:
        if judged.role != "together":
            token = judged.tokens[0]
            lines.append(f"{found.labels[token]} [{token}] {judged.weight:.3f}: {judged.word[spoken]}")
            lines.append(f"  {judged.sentence[spoken]}")
    lines.append("")
    for finding in found.findings:
        lines += [f"{finding.question} {finding.asked[spoken]}", f"  {finding.sentence[spoken]}"]
    lines += ["", *(note[spoken] for note in found.notes), found.basis[spoken]]
    return [part for line in lines for part in _wrapped(line, width)]


def _wrapped(line: str, width: int) -> list[str]:
    indent = "  " if line.startswith("  ") else ""
    return wrap(line.strip(), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False) or [""]
