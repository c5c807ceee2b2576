"""TRUNCATE, VACUUM and ANALYZE in Redshift's forms; any other form is a syntax error."""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.reader import StatementReader, literal, qualified, quoted
from sparkify_dwh.standin.outcomes import CarriedOut, Notice, Plan, Rewritten
from sparkify_dwh.standin.postgres.backend import Backend

# Forms of VACUUM that sort; the stand-in does not sort rows. Redshift guide, r_VACUUM_command
SORTING = frozenset({"SORT", "REINDEX", "RECLUSTER"})


def truncate_rule(sql: str, words: list[str]) -> Plan | None:
    """Carry out TRUNCATE [TABLE] t, which commits the transaction. Redshift guide, r_TRUNCATE"""
    if words[:1] != ["TRUNCATE"]:
        return None
    reader = StatementReader(sql)
    reader.expect("TRUNCATE")
    reader.accept("TABLE")
    table = qualified(*reader.table_name())
    reader.finish()

    def run(backend: Backend, _notice: Notice) -> None:
        backend.query(f"TRUNCATE TABLE {table}")
        if backend.status != b"I" or not backend.autocommit:  # in a transaction, or in a pipeline's implicit one
            backend.query("COMMIT")

    return CarriedOut(run, "TRUNCATE")


def vacuum_rule(sql: str, words: list[str]) -> Plan | None:
    """Carry out VACUUM [FULL | SORT ONLY | DELETE ONLY | REINDEX | RECLUSTER] [t [TO n PERCENT]] [BOOST].

    Space of deleted rows is reclaimed; nothing is sorted. Redshift guide, r_VACUUM_command
    """
    if words[:1] != ["VACUUM"]:
        return None
    reader = StatementReader(sql)
    reader.expect("VACUUM")
    kind = reader.accept_one_of("FULL", "SORT", "DELETE", "REINDEX", "RECLUSTER") or "FULL"
    if kind in {"SORT", "DELETE"}:
        reader.expect("ONLY")
    table = None if reader.done or reader.ahead == "BOOST" else qualified(*reader.table_name())
    if reader.accept("TO"):
        reader.integer("VACUUM threshold", 0, 100)
        reader.expect("PERCENT")
    reader.accept("BOOST")
    reader.finish()

    def run(backend: Backend, _notice: Notice) -> None:
        if backend.status != b"I":
            raise RedshiftError("25001", "VACUUM cannot run inside a transaction block")
        if kind not in SORTING:  # PostgreSQL itself refuses it after other statements of a pipeline
            backend.query(f"VACUUM {table or ''}")
        elif table is not None:  # the table must exist, although nothing is done with it
            backend.query(f"SELECT {literal(table)}::regclass")

    return CarriedOut(run, "VACUUM")


def analyze_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan ANALYZE [VERBOSE] [t [(c, ..)]] [PREDICATE COLUMNS | ALL COLUMNS]. Redshift guide, r_ANALYZE"""
    if words[:1] not in (["ANALYZE"], ["ANALYSE"]):
        return None
    reader = StatementReader(sql)
    reader.take()
    if reader.accept("COMPRESSION"):
        raise RedshiftError("0A000", "the stand-in does not carry out ANALYZE COMPRESSION: it compresses nothing")
    verbose = "VERBOSE " if reader.accept("VERBOSE") else ""
    target = ""
    if not reader.done and reader.ahead not in {"PREDICATE", "ALL"}:
        target = qualified(*reader.table_name())
        if reader.ahead == "(":
            target += f" ({', '.join(map(quoted, reader.names_in_brackets()))})"
    if reader.accept_one_of("PREDICATE", "ALL"):
        reader.expect("COLUMNS")
    reader.finish()
    return Rewritten(f"ANALYZE {verbose}{target}".rstrip())
