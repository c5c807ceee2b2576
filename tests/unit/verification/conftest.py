"""A warehouse that is verified from the command line, once for all tests of a module."""

from __future__ import annotations

from support.verified import verifiable, verified

__all__ = ["verifiable", "verified"]
