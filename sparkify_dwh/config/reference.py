"""The table of settings in Markdown."""

from __future__ import annotations

from sparkify_dwh.config.fields import Field, Fields, sections


def render_reference(fields: Fields) -> str:
    """Return the Markdown table of all settings."""
    lines = ["| section | key | default | value |", "| --- | --- | --- | --- |"]
    for section in sections(fields):
        rows = [field for field in fields.values() if field.section == section]
        lines += [_row(f"`[{section}]`" if field is rows[0] else "", field) for field in rows]
    return "\n".join(lines) + "\n"


def _row(section: str, field: Field) -> str:
    return f"| {section} | `{field.key}` | {_shown(field.default)} | {field.help} |".replace("|  |", "| |")


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
