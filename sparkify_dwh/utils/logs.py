"""Loggers whose records are safe to show, whatever file names and values are in them."""

from __future__ import annotations

import logging
import traceback

from sparkify_dwh.utils.printable import printable, printable_lines


def safe_logger(name: str) -> logging.Logger:
    """Return the logger. Messages and arguments of its records are one line each; no traceback has a control character."""
    logger = logging.getLogger(name)
    if _make_printable not in logger.filters:
        logger.addFilter(_make_printable)
    return logger


def _make_printable(record: logging.LogRecord) -> bool:
    """Replace texts in a record; numbers stay, for formats such as ``%.1f``."""
    record.msg = printable(str(record.msg))
    if isinstance(record.args, tuple):
        record.args = tuple(each if isinstance(each, (int, float)) else printable(str(each)) for each in record.args)
    if record.exc_info:
        record.exc_text = printable_lines("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
    return True
