"""What a verification costs, roughly, before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparkify_dwh.config.fields import DEFAULT_BASE_RPUS
from sparkify_dwh.settings import Settings
from sparkify_dwh.verification.data.deliveries import deliveries
from sparkify_dwh.verification.fact import Fact
from sparkify_dwh.verification.facts import FACTS, lifecycle

# Counted on the stand-in: of a step in the life of a warehouse, and of any other fact.
STATEMENTS_OF_A_STEP, STATEMENTS_OF_A_FACT = 40, 5
SECONDS_PER_STATEMENT = 0.5  # a new statement is compiled, and each COPY and commit takes about a second
USD_PER_RPU_HOUR = 0.375  # Redshift guide, serverless-billing: the example of 2023


@dataclass(frozen=True)
class Estimate:
    """What a run sends and uploads; statements and seconds are estimates. ``rpus`` is the base capacity of Serverless."""

    facts: int
    statements: int
    seconds: float
    megabytes: float
    rpus: int

    @property
    def minutes(self) -> int:
        return max(1, round(self.seconds / 60))

    @property
    def rpu_hours(self) -> float:
        """What a Serverless workgroup of the base capacity charges."""
        return self.rpus * self.seconds / 3600

    def __str__(self) -> str:
        usd = self.rpu_hours * USD_PER_RPU_HOUR
        return (
            f"It tries {self.facts} facts with about {self.statements:,} statements, and uploads {self.megabytes:.1f} MB. "
            f"An estimate: it takes {self.minutes} min, which on Redshift Serverless with {self.rpus} RPUs are "
            f"{self.rpu_hours:.1f} RPU-hours ({usd:.2f} USD at {USD_PER_RPU_HOUR} USD an hour). A provisioned cluster costs "
            "no more than it does anyway."
        )


def estimate(settings: Settings, facts: Sequence[Fact] = FACTS) -> Estimate:
    """Return what a run costs. Nothing is asked of the server."""
    steps = sum(fact in tuple(lifecycle.FACTS) for fact in facts)
    statements = steps * STATEMENTS_OF_A_STEP + (len(facts) - steps) * STATEMENTS_OF_A_FACT
    size = sum(len(file.content) for delivery in deliveries() for file in delivery.files)
    rpus = int(settings.dwh.get("DWH_BASE_RPUS", DEFAULT_BASE_RPUS))
    return Estimate(len(facts), statements, statements * SECONDS_PER_STATEMENT, size / 1e6, rpus)
