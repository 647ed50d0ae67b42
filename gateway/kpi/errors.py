"""The errors of alarm reports.

ReportError
├── NoPdf      reportlab is not installed
└── BadSpan    the span cannot be reported about
"""

from __future__ import annotations

from gateway.errors import GatewayError


class ReportError(GatewayError):
    """A report cannot be made."""


class NoPdf(ReportError):
    """The library that writes PDF is not installed."""


class BadSpan(ReportError):
    """The span is empty, too long, or no month."""
