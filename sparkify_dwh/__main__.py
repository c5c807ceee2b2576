"""The program ``sparkify-dwh``, also as ``python -m sparkify_dwh``. Signals are handled before anything else is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkify_dwh.utils import signals

if TYPE_CHECKING:
    from sparkify_dwh.warehouse import Warehouse


def main(warehouse: Warehouse | None = None) -> None:
    """Run the command line, for another ``warehouse`` than Sparkify's if one is given."""
    signals.install()
    from sparkify_dwh import cli

    cli.main(warehouse)


if __name__ == "__main__":
    main()
