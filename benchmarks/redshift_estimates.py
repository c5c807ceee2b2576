"""Estimates of what the physical design does on Redshift. No cluster was measured.

    python -m benchmarks.redshift_estimates            print the tables of benchmarks/REDSHIFT.md
    python -m benchmarks.redshift_estimates --write    put them into the page

measured   constants of the real data                      growth   rows and bytes at 1e6, 1e9 and 1e11 plays
joins      bytes that joins move, by distribution style    skew     how evenly rows are spread over slices
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks import redshift_measured as measured
from benchmarks.redshift_growth import HISTORY_DAYS, SIZES, Size, files_per_copy, row_bytes
from benchmarks.redshift_joins import ALTERNATIVES, CHOSEN, DIMENSIONS, JOINS, Join
from benchmarks.redshift_skew import SLICES, of_slices, skew
from sparkify_dwh.star import STAR

PAGE = Path(__file__).with_name("REDSHIFT.md")
VALUES_IN_A_BLOCK = 2**20 // 8  # of a raw TIMESTAMP, in 1 MB. Redshift guide, c_columnar_storage_disk_mem_mgmnt
_PLACE = re.compile(r"(<!-- table: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

Row = Sequence[str]


def main(arguments: Sequence[str] = ()) -> None:
    if list(arguments) == ["--write"]:
        PAGE.write_text(with_tables(PAGE.read_text()))
    else:
        print("\n\n".join(f"{name}\n\n{table()}" for name, table in TABLES.items()))


def with_tables(page: str) -> str:
    """Return the page with its tables regenerated, each between its two marks."""
    return _PLACE.sub(lambda place: f"{place[1]}{TABLES[place['name']]()}\n{place[3]}", page)


def sizes() -> str:
    """Return rows and bytes of every table of the star; of ``time`` for logs in seconds and in milliseconds."""
    rows = [
        [f"`{model.__tablename__}`", str(CHOSEN[model.__tablename__]), f"{row_bytes(model.__tablename__):.0f}",
         *(_rows_and_bytes(size.rows(model.__tablename__), row_bytes(model.__tablename__)) for size in SIZES)]
        for model in STAR if model.__tablename__ in SIZES[0].rows_by_table
    ]  # fmt: skip
    moments = [_rows_and_bytes(size.moments(1000), row_bytes("time")) for size in SIZES]
    rows.append(["`time`, milliseconds", str(CHOSEN["time"]), f"{row_bytes('time'):.0f}", *moments])
    rows.append(["cluster", "", "", *(str(size.cluster) for size in SIZES)])
    return markdown(["table", "lies by", "bytes a row", *(f"{size.name} plays" for size in SIZES)], rows)


def joins() -> str:
    """Return what every join moves with the chosen design."""
    rows = [[join.name, join.used_by, *_movements(join)] for join in JOINS]
    return markdown(["join", "in", "movement", *(f"{size.name} plays" for size in SIZES)], rows)


def alternatives() -> str:
    """Return what other dist keys of songplays would move, over the whole history and in a day's load."""
    rows = [
        [size.name, each.name, *(amount(moved(size)) for moved in
         (each.calendar_bytes, each.session_bytes, each.window_bytes, each.match_bytes))]
        for size in SIZES for each in ALTERNATIVES
    ]  # fmt: skip
    headings = ["plays", "dist key", "join with time", "group by session", "window by user", "a day's load"]
    return markdown(headings, rows)


def skews() -> str:
    """Return the skew of songplays by dist key."""
    rows = [
        [name, when, short(keys), *(str(skew(histogram, round(keys), slices)) for slices in SLICES)]
        for name, histogram in KEYS.items()
        for when, keys in [("measured", _count(histogram)), *((size.name, _keys(name, size)) for size in SIZES)]
    ]
    headings = ["dist key", "plays", "keys", *(f"{slices} slices" for slices in SLICES)]
    return markdown(
        headings, [*rows, ["song_id, as it is", "measured", "2", *(_nearly_all_on_one(slices) for slices in SLICES)]]
    )


def copies() -> str:
    """Return the cost of a copy of a dimension on every node, and what a question would move without the copies."""
    rows = [
        [f"`{each.table}`", size.name, short(size.rows(each.table)), amount(one), amount(one * size.cluster.nodes),
         amount(each.written_in_a_day(size)), amount(each.moved_otherwise(size)), each.verdict(size)]
        for each in DIMENSIONS for size in SIZES for one in [size.rows(each.table) * row_bytes(each.table)]
    ]  # fmt: skip
    headings = ["table", "plays", "rows", "one copy", "all copies", "written a day", "a question, by key", "better on"]
    return markdown(headings, rows)


def blocks() -> str:
    """Return the share of blocks that a question of one day reads: blocks are read whole, so small tables skip little."""
    rows = []
    for size in SIZES:
        in_a_slice = size.plays / size.cluster.slices / VALUES_IN_A_BLOCK
        days = HISTORY_DAYS / max(in_a_slice, 1)
        read = min(1.0, (1 + days) / HISTORY_DAYS)  # a day begins anywhere in a block
        rows.append(
            [size.name, short(size.plays / size.cluster.slices), short(in_a_slice), f"{days:,.2f}", f"{read:.2%}"]
        )
    return markdown(["plays", "plays a slice", "blocks of start_time", "days a block", "read for a day"], rows)


def files() -> str:
    """Return the recommended number and size of log files per load."""
    rows = []
    for size in SIZES:
        whole = size.rows("staging_events") * HISTORY_DAYS * measured.GZIPPED_EVENT_BYTES
        for batch, days in (("a day", 1), ("a month", 30), ("all", HISTORY_DAYS)):
            compressed = whole / HISTORY_DAYS * days
            cut = files_per_copy(compressed, size.cluster.slices)
            rows.append(
                [
                    size.name,
                    str(size.cluster.slices),
                    batch,
                    amount(compressed),
                    f"{cut.number:,}",
                    amount(cut.bytes_each),
                ]
            )
    return markdown(["plays", "slices", "batch", "logs, gzip", "files", "bytes a file"], rows)


TABLES: Mapping[str, Callable[[], str]] = {
    table.__name__: table for table in (sizes, joins, alternatives, skews, copies, blocks, files)
}
KEYS = {
    "start_time": measured.PLAYS_PER_MOMENT,
    "session_id": measured.PLAYS_PER_SESSION,
    "user_id": measured.PLAYS_PER_USER,
    "song_id, if all were in the catalogue": measured.PLAYS_PER_SONG,
}


def _keys(name: str, size: Size) -> float:
    """Return the number of values of a key at a size. Played songs grow with the plays, up to the catalogue's number."""
    grown = _count(KEYS[name]) * size.plays / measured.PLAYS
    return {"start_time": size.moments(1), "session_id": grown, "user_id": size.users}.get(name, min(grown, size.songs))


def _count(histogram: Mapping[int, int]) -> int:
    return sum(histogram.values())


def _nearly_all_on_one(slices: int) -> str:
    """Return the skew of a key that is NULL in nearly all plays."""
    rest = [measured.PLAYS_IN_CATALOGUE] + [0] * (slices - 2)
    return str(of_slices([measured.PLAYS - measured.PLAYS_IN_CATALOGUE, *rest]))


def _movements(join: Join) -> list[str]:
    found = [join.movement(size, CHOSEN) for size in SIZES]
    return [", ".join(dict.fromkeys(name for name, _ in found)), *(amount(moved) for _, moved in found)]


def _rows_and_bytes(rows: float, bytes_each: float) -> str:
    return f"{short(rows)}, {amount(rows * bytes_each)}"


def short(number: float) -> str:
    """Return a number of rows with three digits, such as 58.7 M."""
    return _scaled(number, ("", " k", " M", " G"))


def amount(number: float) -> str:
    """Return a number of bytes with three digits, such as 2.4 GB, and 0 without a unit."""
    return _scaled(number, (" B", " kB", " MB", " GB", " TB", " PB")) if number else "0"


def _scaled(number: float, units: Sequence[str]) -> str:
    place = 0
    while float(f"{number:.3g}") >= 1000 and place < len(units) - 1:
        number, place = number / 1000, place + 1
    return f"{float(f'{number:.3g}'):g}{units[place]}"


def markdown(headings: Row, rows: Iterable[Row]) -> str:
    """Return a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main(sys.argv[1:])
