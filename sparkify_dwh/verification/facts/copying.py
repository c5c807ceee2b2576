"""Facts about COPY: what becomes of JSON values, which files it reads, and what it says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Double, Identity, Integer, String, Table, func, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.verification.data.awkward_values import MOMENTS, milliseconds
from sparkify_dwh.verification.fact import Facts, describe_error
from sparkify_dwh.verification.trial import Trial

FACTS = Facts()

DOUBLES = (0.1, 269.58322, -179.99999999999997, 123456.78901, 1e-300, 1.7976931348623157e308, 1540919166796.0)
EMPTY_AS_NULL = "EMPTYASNULL"
ODD_KEY = 'it\'s 100% "odd" + :x=ü 日本.json'
EPOCHS = "TIMEFORMAT AS 'epochmillisecs'"


def _texts(trial: Trial) -> Table:
    return trial.probe(Column("value", String(64)))


def _copied_text(trial: Trial, *values: Any) -> Any:
    """Return what COPY makes of values for a VARCHAR, or its error."""
    return _copied(trial, _texts(trial), [{"value": value} for value in values])


def _copied(trial: Trial, table: Table, records: Sequence[Any] | str, *clauses: str) -> Any:
    try:
        return [row[0] for row in trial.copied(table, records, *clauses)]
    except DBAPIError as error:
        return describe_error(error)


@FACTS.fact("copy-parameters-data-format", expected=[None, None])
def null_is_null(trial: Trial) -> Any:
    """JSON's null, and a key that is missing, are NULL in a column of VARCHAR."""
    return _copied(trial, _texts(trial), [{"value": None}, {"other": 1}])


@FACTS.fact("copy-parameters-data-conversion", expected=[None, None, ""])
def empty_texts_are_null(trial: Trial) -> Any:
    """An empty text is NULL in an INTEGER column, in a VARCHAR with EMPTYASNULL, and stays one in a VARCHAR without."""
    empty = [{"value": ""}]
    return [
        *_copied(trial, trial.probe(Column("value", Integer)), empty),
        *_copied(trial, _texts(trial), empty, EMPTY_AS_NULL),
        *_copied(trial, _texts(trial), empty),
    ]


@FACTS.fact("copy-parameters-data-conversion", expected=[None])
def blanks_are_null_as_numbers(trial: Trial) -> Any:
    """A text of blanks is NULL in an INTEGER column."""
    return _copied(trial, trial.probe(Column("value", Integer)), [{"value": "  "}])


@FACTS.fact("copy-usage_notes-copy-from-json", expected=list(DOUBLES))
def copied_doubles_are_exact(trial: Trial) -> Any:
    """JSON's numbers keep all their bits in DOUBLE PRECISION."""
    probe = trial.probe(Column("n", Integer), Column("value", Double))
    rows = trial.copied(probe, [{"n": n, "value": number} for n, number in enumerate(DOUBLES)])
    return [value for _, value in sorted(rows)]


@FACTS.fact("r_Numeric_types201")
def denormal_numbers(trial: Trial) -> Any:
    """What COPY makes of the smallest number of DOUBLE PRECISION, 5e-324."""
    return _copied(trial, trial.probe(Column("value", Double)), '{"value": 5e-324}')


@FACTS.fact("copy-parameters-data-conversion", expected=[])
def epochs_are_times(trial: Trial) -> list[str]:
    """'epochmillisecs' makes times of numbers and texts, with milliseconds, and leaves numbers in other columns alone."""
    probe = trial.probe(Column("value", DateTime), Column("number", BigInteger), Column("registration", Double))
    epochs = [milliseconds(moment) for moment in MOMENTS]
    records = [
        {"value": str(epoch) if n % 2 else epoch, "number": epoch, "registration": float(epoch)}
        for n, epoch in enumerate(epochs)
    ]
    rows = sorted(trial.copied(probe, records, EPOCHS))
    expected = sorted((m.replace(tzinfo=None), e, float(e)) for m, e in zip(MOMENTS, epochs, strict=True))
    return [f"{wanted} became {row}" for wanted, row in zip(expected, rows, strict=True) if wanted != row]


@FACTS.fact("copy-usage_notes-copy-from-json")
def whole_numbers_with_a_point(trial: Trial) -> Any:
    """What COPY makes of 1540919166796.0 for a BIGINT; the product stages such a number as DOUBLE PRECISION."""
    return _copied(trial, trial.probe(Column("value", BigInteger)), '{"value": 1540919166796.0}')


@FACTS.fact("copy-usage_notes-copy-from-json")
def large_integers(trial: Trial) -> dict[str, Any]:
    """What COPY makes of integers for a BIGINT that floating point cannot hold; session numbers are smaller."""
    probes = {n: trial.probe(Column("value", BigInteger)) for n in (2**53 + 1, 2**63 - 1)}
    return {str(n): _copied(trial, probe, [{"value": n}]) for n, probe in probes.items()}


@FACTS.fact("copy-usage_notes-copy-from-json")
def fractions_as_integers(trial: Trial) -> Any:
    """What COPY makes of 1.5 for an INTEGER."""
    return _copied(trial, trial.probe(Column("value", Integer)), '{"value": 1.5}')


@FACTS.fact("copy-usage_notes-copy-from-json")
def booleans_as_texts(trial: Trial) -> Any:
    """What COPY makes of true and false for a VARCHAR."""
    return _copied_text(trial, True, False)


@FACTS.fact("copy-usage_notes-copy-from-json")
def nested_values_as_texts(trial: Trial) -> Any:
    """What COPY makes of an object and an array for a VARCHAR."""
    return _copied_text(trial, {"a": [1, "b"]}, [1, {"a": None}])


@FACTS.fact("copy-parameters-data-conversion")
def texts_that_mean_null(trial: Trial) -> Any:
    r"""What COPY makes of the text \\N, the default of NULL AS, in JSON."""
    return _copied_text(trial, "\\N")


@FACTS.fact("https://github.com/estuary/connectors/issues/839")
def nul_in_texts(trial: Trial) -> dict[str, Any]:
    """What COPY makes of texts with the character NUL, in the middle and as the first one."""
    return {repr(text)[1:-1]: _copied_text(trial, text) for text in ("hello\0 world", "\0world", "\0")}


@FACTS.fact("multi-byte-character-load-errors")
def lone_surrogates(trial: Trial) -> Any:
    """What COPY makes of half a character that JSON writes as two escapes."""
    return _copied_text(trial, "\ud83d")


@FACTS.fact("copy-parameters-data-format", expected=[("song", "artist", None)])
def json_paths_are_read_by_place(trial: Trial) -> Any:
    """The n-th path fills the n-th listed column, not counting an IDENTITY, and its key must match in case."""
    probe = trial.probe(
        Column("number", BigInteger, Identity(always=True, start=1, increment=1)),
        Column("title", String(64)), Column("name", String(64)), Column("user_id", Integer),
    )  # fmt: skip
    record = {"Title": "song", "Name": "artist", "userid": 1, "title": "wrong"}
    return trial.copied(probe, [record], json_paths=["$['Title']", "$['Name']", "$['userId']"])


@FACTS.fact("copy-parameters-data-format", expected=["right"])
def auto_matches_case(trial: Trial) -> Any:
    """Without JSONPaths a key must be the column's name in lower case."""
    return _copied(trial, _texts(trial), [{"VALUE": "wrong", "value": "right", "Value": "wrong"}])


@FACTS.fact("copy-parameters-data-source-s3", expected=[2, 2])
def manifests_name_files(trial: Trial) -> list[Any]:
    """COPY of a manifest takes its files and no others; an empty file among them is no error."""
    folder, probe = trial.new_prefix(), _texts(trial)
    urls = [trial.write(f"{folder}{name}.json", '{"value": "taken"}') for name in ("a", "b")]
    urls.append(trial.write(f"{folder}empty.json", ""))
    trial.write(f"{folder}c.json", '{"value": "not named"}')
    manifest = trial.write(f"{folder}manifest", _manifest(urls))
    with trial.connect() as connection:
        connection.execute(trial.copy_command(probe, manifest, "MANIFEST"))
        last = connection.scalar(select(func.pg_last_copy_count()))
        return [last, connection.scalar(select(func.count()).select_from(probe))]


@FACTS.fact("copy-parameters-data-source-s3", expected=[1, 1])
def keys_may_hold_any_character(trial: Trial) -> list[Any]:
    """COPY reads keys with quotes, blanks, per cent signs, colons and other letters: by their name, and by a manifest."""
    found = []
    for clauses in ((), ("MANIFEST",)):
        probe = _texts(trial)
        url = trial.write(f"{trial.new_prefix()}{ODD_KEY}", '{"value": "a"}')
        url = trial.write(f"{trial.new_prefix()}{ODD_KEY}", _manifest([url])) if clauses else url
        with trial.connect() as connection:
            connection.execute(trial.copy_command(probe, url, *clauses))
            found.append(connection.scalar(select(func.count()).select_from(probe)))
    return found


@FACTS.fact("loading-data-files-using-manifest", expected="failed")
def missing_files_fail(trial: Trial) -> str:
    """COPY of a manifest fails when a mandatory file is missing, although others are there."""
    folder, probe = trial.new_prefix(), _texts(trial)
    url = trial.write(f"{folder}a.json", '{"value": "taken"}')
    manifest = trial.write(f"{folder}manifest", _manifest([url, f"{url}.missing"]))
    return _outcome(trial, probe, manifest, "MANIFEST")


@FACTS.fact("t_loading-tables-from-s3", expected="failed")
def empty_prefixes_fail(trial: Trial) -> str:
    """COPY of a prefix that no object has fails."""
    return _outcome(trial, _texts(trial), f"{trial.folder}{trial.new_prefix()}")


@FACTS.fact("copy-parameters-data-source-s3")
def files_of_a_prefix(trial: Trial) -> list[Any]:
    """Which files COPY of a prefix reads: loads without MANIFESTS read hidden files too, if COPY does."""
    folder, probe = trial.new_prefix(), _texts(trial)
    for name in ("data/a", "data/_SUCCESS", "data/.hidden", "data/.ipynb_checkpoints/a", "data2/a"):
        trial.write(f"{folder}{name}", json.dumps({"value": name}))
    trial.write(f"{folder}data/empty", "")
    with trial.connect() as connection:
        connection.execute(trial.copy_command(probe, f"{trial.folder}{folder}data"))
        return sorted(connection.scalars(select(probe.c.value)))


@FACTS.fact("c_serial_isolation", expected=[1, 0])
def copy_rolls_back(trial: Trial) -> list[Any]:
    """A rollback undoes COPY."""
    probe, count = _texts(trial), select(func.count())
    url = trial.write(f"{trial.new_prefix()}a.json", '{"value": "a"}')
    with trial.connect() as connection:
        connection.execute(trial.copy_command(probe, url))
        during = connection.scalar(count.select_from(probe))
        connection.rollback()
        return [during, connection.scalar(count.select_from(probe))]


def _manifest(urls: Sequence[str]) -> str:
    return json.dumps({"entries": [{"url": url, "mandatory": True} for url in urls]})


def _outcome(trial: Trial, probe: Table, url: str, *clauses: str) -> str:
    with trial.connect() as connection:
        try:
            connection.execute(trial.copy_command(probe, url, *clauses))
        except DBAPIError:
            return "failed"
    return "loaded"
