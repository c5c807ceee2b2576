"""Rows go to a worker that may stall; its work is committed, or undone when it is abandoned."""

from __future__ import annotations

import threading

import pytest

from sparkify_dwh.standin.postgres.workers import MAX_WAITING_BYTES, Abandoned, Consumer

SECONDS = 60.0  # after which a test that waits fails


def await_done(consumer: Consumer) -> None:
    """Wait as the session does: for a wake-up between two looks."""
    consumer.wakeup.settimeout(SECONDS)
    while not consumer.done:
        consumer.wakeup.recv(1)


def test_rows_arrive_in_order_and_the_work_is_committed() -> None:
    taken: list[bytes] = []

    def work(incoming: Consumer) -> None:
        taken.extend(incoming)
        incoming.commit()

    with Consumer(work) as consumer:
        consumer.put([b"a", b"b"])
        consumer.put([])
        consumer.put([b"c"])
        consumer.end()
        await_done(consumer)
        consumer.raise_error()
        assert not consumer.abandon()
    assert taken == [b"a", b"b", b"c"]


def test_a_consumer_is_full_while_much_waits_for_it() -> None:
    may_take = threading.Event()

    def work(incoming: Consumer) -> None:
        may_take.wait(SECONDS)
        for _ in incoming:
            pass

    with Consumer(work) as consumer:
        consumer.put([b"x" * MAX_WAITING_BYTES])
        assert not consumer.is_full
        consumer.put([b"x"])
        assert consumer.is_full
        may_take.set()
        consumer.end()
        await_done(consumer)
        assert not consumer.is_full


def test_an_error_of_the_work_is_raised_once_and_later_rows_are_dropped() -> None:
    def work(incoming: Consumer) -> None:
        raise ValueError(next(iter(incoming)))

    with Consumer(work) as consumer:
        consumer.put([b"a"])
        await_done(consumer)
        consumer.put([b"x" * 2 * MAX_WAITING_BYTES])
        assert not consumer.is_full
        with pytest.raises(ValueError, match="a"):
            consumer.raise_error()
        consumer.raise_error()


@pytest.mark.parametrize("has_all_rows", [False, True])
def test_abandoned_work_is_undone(has_all_rows: bool) -> None:
    """At the next row, or at its commit."""
    may_go_on, undone = threading.Event(), threading.Event()

    def work(incoming: Consumer) -> None:
        try:
            rows = iter(incoming)
            next(rows)
            may_go_on.wait(SECONDS)
            if not has_all_rows:
                next(rows)
            incoming.commit()
        except Abandoned:
            undone.set()
            raise

    with Consumer(work) as consumer:
        consumer.put([b"a"])
        if has_all_rows:
            consumer.end()
        assert consumer.abandon()
        may_go_on.set()
        await_done(consumer)
        consumer.raise_error()
    assert undone.is_set()


@pytest.mark.parametrize(("max_undo_seconds", "may"), [(SECONDS, True), (0, False)])
def test_work_is_undone_at_once_or_not_at_all(max_undo_seconds: float, may: bool) -> None:
    """Later, the files that it would remove may belong to the next attempt."""
    answers: list[bool] = []

    def work(incoming: Consumer) -> None:
        answers.append(incoming.may_undo())
        try:
            list(incoming)
        finally:
            answers.append(incoming.may_undo())

    with Consumer(work, max_undo_seconds) as consumer:
        consumer.abandon()
        await_done(consumer)
    assert answers[1:] == [may]


def test_leaving_the_context_abandons_uncommitted_work() -> None:
    ended = threading.Event()

    def work(incoming: Consumer) -> None:
        try:
            list(incoming)
        finally:
            ended.set()

    with Consumer(work):
        pass
    assert ended.wait(SECONDS)


def test_a_cancellation_wakes_the_session() -> None:
    with Consumer(list) as consumer:
        consumer.cancel()
        consumer.wakeup.settimeout(SECONDS)
        assert consumer.wakeup.recv(1)
        consumer.wakeup.setblocking(False)
        consumer.clear_wakeup()
        assert consumer.cancelled
        assert not consumer.done
