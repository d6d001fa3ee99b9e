"""The reliability report: does a picture of attention hold for this output? See :func:`reliability`."""

from regard.experiment.reliability.form import Cost
from regard.experiment.reliability.plain import Cut, Finding, Replaced, Together, TokenResult, Verdict
from regard.experiment.reliability.reliability import ReportStoppedError, reliability
from regard.experiment.reliability.report import Report

__all__ = [
    "Cost",
    "Cut",
    "Finding",
    "Replaced",
    "Report",
    "ReportStoppedError",
    "Together",
    "TokenResult",
    "Verdict",
    "reliability",
]
