"""A trial of input files against a staging table's model, before a load costs anything: it reads the files itself.

It is a trial, and not the definition: COPY decides. What it reports, COPY refuses, certainly or very probably: JSON that is
malformed, NULL where there must be a value, texts that are too long in bytes, not UTF-8 or with a NUL, numbers that are
none or out of range, times that are no epochs, and JSONPaths that do not fit. As COPY does, it names a record's first
column that does not fit, and the record's last line. Redshift guide, copy-parameters-data-conversion

What it does not see: how long an object or array is that goes into a text column; values of other types than integers,
floats, texts and times; times in a TIMEFORMAT that is no epoch; COPY options other than EMPTYASNULL, TIMEFORMAT,
TRUNCATECOLUMNS, ACCEPTINVCHARS and ACCEPTANYDATE. Blanks around numbers, and NaN, are let pass. Files that are ZSTD
are not read. Whether records are unique, or refer to one another, is for the checks after a load; values that these never
let pass are warned of. The access is this machine's: that the cluster's role may read the files, it does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from sparkify_dwh.errors import UsageError
from sparkify_dwh.planning.columns import CopyRules, TriedColumn
from sparkify_dwh.planning.documents import Document, Malformed, Unreadable, documents
from sparkify_dwh.planning.paths import BadPaths, paths_of
from sparkify_dwh.planning.suspicious_values import doubts_about
from sparkify_dwh.storage.prefetch import prefetch

if TYPE_CHECKING:
    from sparkify_dwh.base import StagingTable
    from sparkify_dwh.storage.store import ObjectStore, StoredObject
    from sparkify_dwh.warehouse import Warehouse

MOST_PROBLEMS = 20
MOST_OTHER_KEYS = 50
MOST_SHOWN = 60  # characters of a value
NEARLY_FULL = 0.8  # of a column's length


@dataclass(frozen=True)
class Problem:
    """A record, or a file, that COPY would refuse.

    ``line`` is the record's last, from 1, or 0 when it is the file as a whole; ``column`` is empty when it is the record as
    a whole. ``value`` is shortened.
    """

    file: str
    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        if self.column:
            place += f", column {self.column}"
        return f"{place}: {f'{self.value!r}: ' if self.value else ''}{self.reason}"


@dataclass(frozen=True)
class LongValue:
    """The longest text of a column that is nearly full, or too small: ``bytes`` of it, and the column's ``limit``."""

    column: str
    bytes: int
    limit: int
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file} line {self.line}, column {self.column}: {self.bytes:,} bytes of {self.limit:,}"


@dataclass
class Trial:
    """What a trial of a table's files found: ``files`` were read of ``of_files``, with so many ``records``, good and bad.

    ``problem_count`` records and files would be refused, ``broken_files`` of them whole, which no MAXERROR lets pass; the
    first are in ``problems``. ``unread`` files are compressed in a way that cannot be read here. ``warnings`` are about
    what COPY takes, and was hardly meant so; ``long_values`` and ``other_keys``, which no column takes, are for knowing.
    """

    files: int = 0
    of_files: int = 0
    is_sample: bool = False
    records: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    broken_files: int = 0
    unread: int = 0
    warnings: list[str] = field(default_factory=list)
    long_values: list[LongValue] = field(default_factory=list)
    other_keys: list[str] = field(default_factory=list)

    def note(self, file: str, line: int, column: str, value: str, reason: str) -> None:
        """Count a problem, and keep it if it is one of the first."""
        self.problem_count += 1
        self.broken_files += line == 0
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(file, line, column, _shown(value), reason))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def try_files(  # noqa: PLR0913 (the last two have defaults)
    staging: type[StagingTable],
    files: Sequence[StoredObject],
    store: ObjectStore,
    json_paths: bytes | None,
    warehouse: Warehouse,
    *,
    sample: int | None = None,
    json_paths_url: str = "the JSONPaths file",
) -> Trial:
    """Read files, and say what COPY into ``staging`` would refuse of them. Nothing is written, and nothing connected to.

    ``json_paths`` is the content of the JSONPaths file, or None for a COPY by name. ``sample`` reads only so many files,
    spread evenly over the list, the first and the last included. Memory is that of the files being opened and of one
    document, however large the files are.

    Raises:
        UsageError: a sample of less than one file.
        SourceError: a file cannot be read from where it is.
    """
    chosen = sampled(files, sample)
    trial = Trial(of_files=len(files), is_sample=len(chosen) < len(files))
    try:
        paths, warning = paths_of(staging.copied(), json_paths)
    except BadPaths as refusal:
        trial.note(json_paths_url, 0, "", "", f"Invalid JSONPaths file: {refusal}")
        return trial
    trial.warnings += [f"{json_paths_url}: {warning}"] if warning else []
    rules = CopyRules.of(staging.copy_clauses)
    doubts = list(doubts_about(staging, warehouse, has_milliseconds=rules.per_second == 1000))
    columns = [
        TriedColumn(staging.table().c[name], path, rules, [doubt for doubt in doubts if doubt.column == name])
        for name, path in zip(staging.copied(), paths, strict=True)
    ]
    _Trying(trial, columns).run(store, chosen)
    trial.warnings += [str(doubt) for doubt in doubts if doubt]
    return trial


def sampled(files: Sequence[StoredObject], sample: int | None) -> Sequence[StoredObject]:
    """So many of the files, spread evenly over the list, the first and the last included; all when there is no sample."""
    if sample is not None and sample < 1:
        raise UsageError(f"A sample is of 1 file or more, but {sample} was given: give a greater number.")
    if sample is None or sample >= len(files):
        return files
    if sample == 1:
        return files[:1]
    return [files[place * (len(files) - 1) // (sample - 1)] for place in range(sample)]


class _Trying:
    """One trial at work."""

    def __init__(self, trial: Trial, columns: Sequence[TriedColumn]) -> None:
        self._trial = trial
        self._columns = columns
        self._taken = {column.steps[0] for column in columns}
        self._has_documents = False
        self._other_keys: dict[str, None] = {}

    def run(self, store: ObjectStore, files: Sequence[StoredObject]) -> None:
        readable = [file for file in files if not file.url.endswith(".zst")]
        self._trial.unread = len(files) - len(readable)
        with closing(prefetch(store, readable)) as streams:
            for file, stream in streams:
                self._file(file.url, stream)
        self._conclude()

    def _file(self, url: str, stream: BinaryIO) -> None:
        self._trial.files += 1
        try:
            for part in documents(url, stream):
                self._part(url, part)
        except Unreadable as error:
            self._trial.note(url, 0, "", "", str(error))

    def _part(self, url: str, part: Document | Malformed) -> None:
        self._trial.records += 1
        if isinstance(part, Malformed):
            self._trial.note(url, part.line, "", part.text, part.reason)
            return
        self._has_documents = True
        # Every column is looked at, though only the first refusal counts.
        place = (url, part.line)
        found = [(column, refusal) for column in self._columns if (refusal := column.refusal(part.value, place))]
        if found:
            column, (value, reason) = found[0]
            self._trial.note(url, part.line, column.name, value, reason)
        if isinstance(part.value, dict) and len(self._other_keys) < MOST_OTHER_KEYS:
            self._other_keys.update(dict.fromkeys(sorted(part.value.keys() - self._taken)))

    def _conclude(self) -> None:
        trial = self._trial
        trial.other_keys = sorted(map(_shown, self._other_keys))[:MOST_OTHER_KEYS]
        trial.long_values = [
            LongValue(column.name, column.longest_bytes, column.most_bytes, *column.longest_at)
            for column in self._columns
            if column.most_bytes and column.longest_bytes > NEARLY_FULL * column.most_bytes
        ]
        trial.warnings += self._absent()

    def _absent(self) -> list[str]:
        """Columns that COPY would leave NULL without a word, as when a key is spelt otherwise."""
        absent = [column for column in self._columns if column.is_nullable and not column.is_found]
        if not self._has_documents or not absent:
            return []
        spelt = {key.lower(): key for key in self._other_keys}
        keys = [".".join(map(str, column.steps)) for column in absent]
        twins = [f"{spelt[key.lower()]} is no {key} to COPY" for key in keys if key.lower() in spelt]
        names = ", ".join(column.name for column in absent)
        return [f"{names} would be NULL throughout, for no record has {'; '.join([', '.join(keys), *twins])}"]


def _shown(value: str) -> str:
    """A value as a message may show it: not too long, and with what is not UTF-8 replaced."""
    clean = value[: MOST_SHOWN + 1].encode("utf-8", "replace").decode()
    return clean if len(clean) <= MOST_SHOWN else f"{clean[:MOST_SHOWN]}..."
