"""Skew: how unevenly a dist key spreads rows over slices. Simulated, or by formula for many keys.

Redshift does not say how it hashes a dist key. SplitMix64 is used instead, so the results estimate any good hash,
not Redshift's hash of these values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import NormalDist

from benchmarks.redshift_measured import Histogram

SLICES = (2, 8, 64, 256)
MOST_SIMULATED_KEYS = 100_000

_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Skew:
    """The ratio of the rows of the fullest slice to the average slice, and to the emptiest one.

    A step of a query takes as long as on its fullest slice, so the first is the cost of a query; the second is ``skew_rows``
    of svv_table_info (Redshift guide, r_SVV_TABLE_INFO), infinite where a slice is empty.
    """

    to_average: float
    to_emptiest: float

    def __str__(self) -> str:
        return " / ".join(_shown(ratio) for ratio in (self.to_average, self.to_emptiest))


def _shown(ratio: float) -> str:
    if math.isinf(ratio):
        return "empty"
    return f"{ratio:.2f}" if ratio < 100 else f"{ratio:,.0f}"


def skew(plays_per_key: Histogram, keys: int, slices: int) -> Skew:
    """Return the skew of ``keys`` keys whose numbers of rows are distributed as in the histogram."""
    if keys <= MOST_SIMULATED_KEYS:
        return simulated(plays_per_key, keys, slices)
    return expected(plays_per_key, keys, slices)


def simulated(plays_per_key: Histogram, keys: int, slices: int) -> Skew:
    """Return the skew after hashing every key to a slice."""
    rows = [0] * slices
    for key, weight in enumerate(weights(plays_per_key, keys)):
        rows[stand_in_hash(key) % slices] += weight
    return of_slices(rows)


def expected(plays_per_key: Histogram, keys: int, slices: int) -> Skew:
    """Return the skew by formula. For many keys, the rows of a slice are about normally distributed.

    The fullest slice is the largest of n draws, whose mean is Blom's approximation.
    """
    count = sum(plays_per_key.values())
    mean = sum(plays * number for plays, number in plays_per_key.items()) / count
    squares = sum(plays**2 * number for plays, number in plays_per_key.items()) / count
    deviation = math.sqrt(squares / mean**2 * slices / keys * (1 - 1 / slices))
    largest = NormalDist().inv_cdf((slices - 0.375) / (slices + 0.25)) * deviation
    return Skew(1 + largest, (1 + largest) / (1 - largest) if largest < 1 else math.inf)


def weights(plays_per_key: Histogram, keys: int) -> Iterator[int]:
    """Yield a number of rows for each of ``keys`` keys, by repeating the measured ones in order."""
    measured = [plays for plays, number in sorted(plays_per_key.items()) for _ in range(number)]
    return islice(cycle(measured), keys)


def stand_in_hash(key: int) -> int:
    """Return a 64-bit hash of the key (the finalizer of SplitMix64)."""
    mixed = (key + 1) * 0x9E3779B97F4A7C15 & _MASK
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
    return mixed ^ mixed >> 31


def of_slices(rows: Sequence[int]) -> Skew:
    """Return the skew of slices with these numbers of rows."""
    fullest, emptiest = max(rows), min(rows)
    return Skew(fullest * len(rows) / sum(rows), fullest / emptiest if emptiest else math.inf)
