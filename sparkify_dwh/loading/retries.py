"""The COMMIT of a load. Where its outcome is in doubt, the ledger is asked: it has the load or not."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.connection.retries import Retries, commit
from sparkify_dwh.database import server_message
from sparkify_dwh.errors import LoadError, SparkifyError, UnreachableError
from sparkify_dwh.ledger import Load
from sparkify_dwh.loading.locking import lock
from sparkify_dwh.utils.logs import safe_logger

log = safe_logger("sparkify_dwh.load")

INTERRUPTED_WAIT_SECONDS = 10  # for the lock that an interrupted COMMIT may hold


class OutcomeUnknown(LoadError):
    """The connection was lost during COMMIT, and the ledger could not be read since: the load may be in it or not."""

    exit_code = UnreachableError.exit_code  # to be run again: a load adds only what is missing


class Commit:
    """The COMMIT of a load, and whether it was carried out."""

    def __init__(self, engine: Engine, load_id: str, wait_seconds: float, retries: Retries) -> None:
        self._engine = engine
        self._load_id = load_id
        self._wait_seconds = wait_seconds
        self._retries = retries
        self._is_sent = False

    def run(self, connection: Connection) -> None:
        """Commit. A connection that is lost meanwhile is an error only if the load was not committed.

        Raises :class:`OutcomeUnknown` when the ledger cannot be read.
        """
        self._is_sent = True  # an interruption can come at any time from now on
        try:
            commit(connection, lambda: self._is_in_ledger(self._wait_seconds, self._retries))
        except Exception:
            self._is_sent = False
            raise

    def may_be_done(self) -> bool:
        """Return whether a load that was interrupted may be committed. The look into the ledger is short."""
        if not self._is_sent:
            return False
        try:
            is_done = self._is_in_ledger(INTERRUPTED_WAIT_SECONDS, Retries(attempts=1))
        except OutcomeUnknown as unknown:
            log.warning("load %s: %s", self._load_id, unknown)
            return True
        if is_done:
            log.warning("load %s was interrupted after COMMIT had begun, and is committed", self._load_id)
        return is_done

    def _is_in_ledger(self, wait_seconds: float, retries: Retries) -> bool:
        """Return whether the ledger has the load, once its transaction has released the lock."""

        def look(_attempt: int) -> bool:
            with self._engine.connect() as connection:
                lock(connection, wait_seconds, log.info)
                return connection.scalar(select(Load.load_id).where(Load.load_id == self._load_id)) is not None

        try:
            return retries.run(f"load {self._load_id}: looking for it in the ledger", look, log, was_connected=True)
        except (DBAPIError, SparkifyError) as error:
            raise OutcomeUnknown(
                "The connection was lost during COMMIT, and whether the load was committed is not known, because the ledger "
                f"could not be read ({server_message(error).rstrip('.')})",
                "see `sparkify-dwh history`, and load again: a load adds only what is missing.",
            ) from error
