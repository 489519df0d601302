"""Is this the model that was meant, and what do its faster precisions change? Stored checks, and comparisons."""

from shortlist.models.check.compare import PrecisionReport, compare_precisions, read_samples
from shortlist.models.check.report import CheckReport, check_model, record_check

__all__ = ["CheckReport", "PrecisionReport", "check_model", "compare_precisions", "read_samples", "record_check"]
