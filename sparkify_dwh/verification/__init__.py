"""Acceptance of a warehouse: does this server do what the product relies on?

    result = verify(settings)          # in a schema and under a prefix of its own, which are removed at the end
    result.failed                      # the facts that do not hold
    result.to_json()                   # a report without secrets and names

data/      what is loaded, and the star that must come of it, computed in Python
facts/     what the product relies on: each fact is a function that tries it
fact       what a fact is, and its outcome             trial      what a fact is tried with
scratch    the schema and the prefix, and leftovers    comparison of the star with the expected one
estimate   what a run costs                            redaction  of secrets and names
result     all outcomes, as JSON                       run        all of it
"""

from __future__ import annotations

from sparkify_dwh.verification.estimate import Estimate, estimate
from sparkify_dwh.verification.fact import Outcome
from sparkify_dwh.verification.facts import FACTS, chosen
from sparkify_dwh.verification.result import Result
from sparkify_dwh.verification.run import require_complete, verify
from sparkify_dwh.verification.scratch import CleanedUp, clean_up

__all__ = [
    "FACTS",
    "CleanedUp",
    "Estimate",
    "Outcome",
    "Result",
    "chosen",
    "clean_up",
    "estimate",
    "require_complete",
    "verify",
]
