"""A trial of input files against a staging table's model, before a load costs anything."""

from sparkify_dwh.trial.files import LongValue, Problem, Trial, try_files

__all__ = ["LongValue", "Problem", "Trial", "try_files"]
