"""The reliability report: does a picture of attention hold for this output? See :func:`reliability`."""

from regard.experiment.reliability.form import Cost
from regard.experiment.reliability.plain import Cut, Finding, Replaced, Together, TokenResult, Verdict
from regard.experiment.reliability.reliability import ReportStoppedError, reliability
from regard.experiment.reliability.report import Report
from regard.experiment.reliability.summary import Estimate, Summary, reliability_over

__all__ = [
    "Cost",
    "Cut",
    "Estimate",
    "Finding",
    "Replaced",
    "Report",
    "ReportStoppedError",
    "Summary",
    "Together",
    "TokenResult",
    "Verdict",
    "reliability",
    "reliability_over",
]
