"""The reference of all settings in README; ``python -m sparkify_dwh.settings`` prints it."""

from __future__ import annotations

from sparkify_dwh.config.fields import Field, Fields, sections


def render_reference(fields: Fields) -> str:
    """Return the Markdown table of all settings."""
    lines = ["| section | key | default | value |", "| --- | --- | --- | --- |"]
    for section in sections(fields):
        first, *others = dict.fromkeys(_row(field) for field in fields.values() if field.section == section)
        lines += [f"| `[{section}]` {first}", *(f"| {row}" for row in others)]
    return "\n".join(lines) + "\n"


def _row(field: Field) -> str:
    key = field.group or f"`{field.shown_name}`"
    default = _shown(field.default)
    return f"| {key} |{f' {default} ' if default else ' '}| {field.help} |"


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
