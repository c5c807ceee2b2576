"""The conversion of single fields by COPY's rules."""

from __future__ import annotations

from typing import Any

import pytest

from sparkify_dwh.redshift.copy_rules.columns import TargetColumn
from sparkify_dwh.redshift.copy_rules.convert import Field, Value, converter
from sparkify_dwh.redshift.copy_rules.options import CopyOptions
from sparkify_dwh.redshift.copy_rules.rejects import Reject

TIMESTAMP = "timestamp without time zone"
TIMESTAMPTZ = "timestamp with time zone"


def convert(type_: str, field: Field, *, not_null: bool = False, **options: Any) -> Value:
    return converter(TargetColumn("c", type_, not_null), CopyOptions(**options))(field)


def reject(type_: str, field: Field, *, not_null: bool = False, **options: Any) -> tuple[int, str]:
    """Return the code and the reason for which a field is rejected."""
    with pytest.raises(Reject) as raised:
        convert(type_, field, not_null=not_null, **options)
    return raised.value.code, raised.value.reason
