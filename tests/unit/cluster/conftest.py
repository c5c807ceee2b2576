"""An available cluster."""

from __future__ import annotations

import pytest
from support.aws import PASSWORD, Account, up

from sparkify_dwh.settings import Settings


@pytest.fixture
def settings(account: Account) -> Settings:
    """The configuration of an available cluster."""
    up(account)
    return account.settings(dwh_db_password=PASSWORD)
