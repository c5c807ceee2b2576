"""Two months of simulated listening, and a browser."""

from __future__ import annotations

from support.two_months import browser, chart_script, two_months

__all__ = ["browser", "chart_script", "two_months"]
