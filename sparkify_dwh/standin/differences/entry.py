"""One known difference between the stand-in and Amazon Redshift."""

from __future__ import annotations

from dataclasses import dataclass

GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"


@dataclass(frozen=True)
class Difference:
    """A sentence for the README, and the source of Redshift's behaviour: a page of the guide, or a URL."""

    sentence: str
    source: str

    @property
    def url(self) -> str:
        """The URL of the source."""
        return self.source if "://" in self.source else f"{GUIDE}{self.source}.html"
