"""One known difference between the stand-in and Amazon Redshift."""

from __future__ import annotations

from dataclasses import dataclass

GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"


@dataclass(frozen=True)
class Difference:
    """A sentence for readers of the README, and where Redshift's side of it is written: a page of the guide, or a URL."""

    sentence: str
    source: str

    @property
    def url(self) -> str:
        return self.source if "://" in self.source else f"{GUIDE}{self.source}.html"
