"""The table as a picture: a bar for each ratio, with marks for its limit and its aim."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from benchmarks.table import Results, Row

# Each color on a light page and on a dark one. The background is drawn too, so that the picture fits any page.
COLORS = {
    "background": ("#fdfdfc", "#15191f"),
    "text": ("#24292e", "#e4e8ee"),
    "line": ("#8a929a", "#7c8590"),
    "met": ("#4c86c6", "#5f9ae0"),
    "missed": ("#d9822b", "#e0913f"),
    "limit": ("#b3261d", "#f47067"),
    "aim": ("#227a3d", "#56c07a"),
}
LIGHT = {name: light for name, (light, _) in COLORS.items()}
ROW_INCHES = 0.3
WIDTH_INCHES = 9.0
STYLE = {
    "svg.fonttype": "none",  # text stays text: a tenth of the bytes
    "svg.hashsalt": "sparkify_dwh",  # the same results give the same picture
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": LIGHT["text"],
    "axes.labelcolor": LIGHT["text"],
    "xtick.color": LIGHT["text"],
    "ytick.color": LIGHT["text"],
    "axes.edgecolor": LIGHT["line"],
    "figure.facecolor": LIGHT["background"],
    "axes.facecolor": LIGHT["background"],
}


def svg(results: Results) -> str:
    """Return the results as SVG: ratios with an upper limit on a linear scale, the others on a logarithmic one."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    bounded = [row for row in results.rows if not (row.limit is None and row.aim is None)]
    panels = [panel for panel in ([r for r in bounded if not r.ahead], [r for r in bounded if r.ahead]) if panel]
    with mpl.rc_context(STYLE):
        height = ROW_INCHES * sum(len(panel) + 3 for panel in panels) + 0.5
        figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
        heights = [len(panel) + 1 for panel in panels] or [1]
        axes = figure.subplots(len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
        for axis, panel in zip(axes, panels, strict=False):
            _draw(axis, panel)
        figure.supxlabel(str(results.machine), fontsize=7.5)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _with_dark_colors(text.getvalue())


def _draw(axis: Any, rows: Sequence[Row]) -> None:
    ahead = rows[0].ahead
    places = range(len(rows))
    ratios = [row.ratio for row in rows]
    colors = [LIGHT["missed" if row.met == "no" else "met"] for row in rows]
    bars = axis.barh(places, ratios, height=0.55, color=colors)
    axis.bar_label(bars, [f"{ratio:,.2f}" if ratio < 10 else f"{ratio:,.0f}" for ratio in ratios], padding=6)
    for name in ("limit", "aim"):
        marked = [(getattr(row, name), place) for place, row in enumerate(rows) if getattr(row, name) is not None]
        axis.vlines(
            [value for value, _ in marked],
            [place - 0.42 for _, place in marked],
            [place + 0.42 for _, place in marked],
            colors=LIGHT[name],
            linewidth=2.5,
            linestyles="solid" if name == "limit" else (0, (1, 0.6)),
            label=name,
        )
    if ahead:
        axis.set_xscale("log")
    axis.set_title(
        "times as fast as (longer is better)" if ahead else "times as much as (shorter is better)", loc="left"
    )
    axis.set_yticks(places, [f"{row.what}\nagainst {row.against}" for row in rows], fontsize=7)
    axis.invert_yaxis()
    axis.margins(x=0.12)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(loc="lower right", frameon=False, ncols=2, bbox_to_anchor=(1, 1), borderaxespad=0)


def _with_dark_colors(picture: str) -> str:
    """Return the picture with dark colors for systems set to dark."""
    rules = "".join(
        f'[style*="{kind}: {light}"]{{{kind}:{dark}!important}}'
        for light, dark in COLORS.values()
        for kind in ("fill", "stroke")
    )
    start, end = picture.split("<defs>", 1)
    return f"{start}<defs><style>@media (prefers-color-scheme: dark){{{rules}}}</style>{end}"
