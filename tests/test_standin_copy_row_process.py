"""Another process formats rows: the same rows in the same order, whatever becomes of it, and it ends when the COPY does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from test_standin_copy_fast_rows import COLUMNS, CONSTANTS, ORDINARY, Memory, fast_rows, load

from sparkify_dwh.standin.copy.binary_rows import BinaryRows
from sparkify_dwh.standin.copy.fast_load import FastJsonLoad
from sparkify_dwh.standin.copy.fast_rows import FastRows
from sparkify_dwh.standin.copy.files import open_files
from sparkify_dwh.standin.copy.results import CopyResult
from sparkify_dwh.standin.copy.row_formatter import MOST_AHEAD, RowFormatter
from sparkify_dwh.standin.copy.row_process import LostProcessError, RowProcess
from sparkify_dwh.standin.copy.row_reader import row_reader
from sparkify_dwh.standin.copy.statement import parse_copy

LONGEST_WAIT_SECONDS = 60
LINES = [ORDINARY % number for number in range(30_000)]
OPTIONS = "TIMEFORMAT 'epochmillisecs'"


def block(*numbers: int) -> bytes:
    return "\n".join(ORDINARY % number for number in numbers).encode()


@pytest.fixture
def process() -> Iterator[RowProcess]:
    with closing(RowProcess(fast_rows())) as process:
        assert process.ready.wait(LONGEST_WAIT_SECONDS)
        yield process


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def load_beside(data: bytes, when_ready: Callable[[int], None]) -> tuple[bytes, CopyResult]:
    """Load one object with a process that is ready before the first block; ``when_ready`` is called with its id."""
    statement = parse_copy(f"COPY t FROM 's3://b/k' IAM_ROLE default JSON {OPTIONS} MAXERROR 100000")
    store, chunks = Memory(data), list[bytes]()
    rows = BinaryRows([column.column_type for column in COLUMNS], chunks.append, CONSTANTS)
    reader = row_reader(statement, COLUMNS, store)
    fast = FastRows.of(reader, rows)
    assert fast is not None
    formatter = RowFormatter(fast, much_bytes=0)
    formatter.ask(b"{}")
    assert formatter.process is not None
    assert formatter.process.ready.wait(LONGEST_WAIT_SECONDS)
    formatter.drop()
    when_ready(formatter.process.pid)
    with closing(FastJsonLoad(statement, reader, rows, fast, formatter)) as loading:
        files = [loading.file(stream) for stream in open_files(statement, store)]
        loading.finish()
    rows.finish()
    return b"".join(chunks), CopyResult(rows.count, loading.rejects, files)


def leave_alone(_: int) -> None:
    """Nothing happens to it."""


def test_blocks_are_answered_in_their_order(process: RowProcess) -> None:
    blocks = [block(1, 2), b'{"whole": "x"}', block(3), b"{", block(4)]
    for asked in blocks:
        process.send(asked)
    assert [process.receive() for _ in blocks] == [fast_rows().rows(asked) for asked in blocks]


def test_it_ends_with_its_user(process: RowProcess) -> None:
    process.close()
    assert not is_alive(process.pid)


def test_one_that_is_gone_says_so_again_and_again(process: RowProcess) -> None:
    kill(process.pid)
    for _ in range(3):
        process.send(block(1) * 10_000)
        with pytest.raises(LostProcessError):
            process.receive()


def test_ctrl_c_is_for_its_user_to_understand(process: RowProcess) -> None:
    os.kill(process.pid, signal.SIGINT)
    process.send(block(1))
    assert process.receive() == fast_rows().rows(block(1))


@pytest.mark.parametrize("fate", [leave_alone, kill])
@pytest.mark.parametrize(
    "odd", ["", '{"whole": "x"}', '{"whole": 1,\n\n"long": "x", "zoned": ""}', "x", '{"long": "', "{\n{}"]
)
def test_the_rows_are_the_same_with_it_and_without_it(odd: str, fate: Callable[[int], None]) -> None:
    data = "\n".join([*LINES[:9_000], odd, *LINES[9_000:]]).encode()
    assert load_beside(data, fate) == load([data], OPTIONS, exact=False)


def test_one_that_is_lost_in_the_middle_is_made_up_for() -> None:
    with closing(RowFormatter(fast_rows(), much_bytes=0)) as formatter:
        formatter.ask(block(0))
        assert formatter.process is not None
        assert formatter.process.ready.wait(LONGEST_WAIT_SECONDS)
        for number in range(1, MOST_AHEAD):
            formatter.ask(block(number))
        kill(formatter.process.pid)
        assert [formatter.take() for _ in range(MOST_AHEAD)] == [fast_rows().rows(block(n)) for n in range(MOST_AHEAD)]
        formatter.ask(block(99))
        assert formatter.take() == fast_rows().rows(block(99))


def test_little_is_formatted_without_one() -> None:
    formatter = RowFormatter(fast_rows())
    formatter.ask(block(1))
    assert formatter.take() == fast_rows().rows(block(1))
    assert formatter.process is None


def test_it_is_gone_when_the_copy_is_over() -> None:
    pids: list[int] = []
    load_beside(block(1), pids.append)
    assert len(pids) == 1
    assert not any(map(is_alive, pids))
