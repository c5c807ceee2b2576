"""Rows go to a worker that may stall, and what it has done stays or is taken back."""

from __future__ import annotations

import threading

import pytest

from sparkify_dwh.standin.postgres.consumer import MUCH, Consumer
from sparkify_dwh.standin.postgres.worker import Abandoned

SECONDS = 60.0  # after which a test that waits fails


def await_done(consumer: Consumer) -> None:
    """As the session does it: between two looks it waits for the alarm."""
    consumer.alarm.settimeout(SECONDS)
    while not consumer.done:
        consumer.alarm.recv(1)


def test_rows_arrive_in_their_order_and_the_work_is_settled() -> None:
    taken: list[bytes] = []

    def work(incoming: Consumer) -> None:
        taken.extend(incoming)
        incoming.settle()

    with Consumer(work) as consumer:
        consumer.put([b"a", b"b"])
        consumer.put([])
        consumer.put([b"c"])
        consumer.end()
        await_done(consumer)
        consumer.check()
        assert not consumer.abandon()
    assert taken == [b"a", b"b", b"c"]


def test_who_has_rows_waits_while_much_waits_to_be_taken() -> None:
    may_take = threading.Event()

    def work(incoming: Consumer) -> None:
        may_take.wait(SECONDS)
        for _ in incoming:
            pass

    with Consumer(work) as consumer:
        consumer.put([b"x" * MUCH])
        assert not consumer.full
        consumer.put([b"x"])
        assert consumer.full
        may_take.set()
        consumer.end()
        await_done(consumer)
        assert not consumer.full


def test_an_error_of_the_work_is_raised_once_and_later_rows_are_dropped() -> None:
    def work(incoming: Consumer) -> None:
        raise ValueError(next(iter(incoming)))

    with Consumer(work) as consumer:
        consumer.put([b"a"])
        await_done(consumer)
        consumer.put([b"x" * 2 * MUCH])
        assert not consumer.full
        with pytest.raises(ValueError, match="a"):
            consumer.check()
        consumer.check()


@pytest.mark.parametrize("has_all_rows", [False, True])
def test_work_that_is_abandoned_is_taken_back(has_all_rows: bool) -> None:
    """At the next row, or when it would be settled."""
    may_go_on, undone = threading.Event(), threading.Event()

    def work(incoming: Consumer) -> None:
        try:
            rows = iter(incoming)
            next(rows)
            may_go_on.wait(SECONDS)
            if not has_all_rows:
                next(rows)
            incoming.settle()
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
        consumer.check()
    assert undone.is_set()


@pytest.mark.parametrize(("grace_seconds", "may"), [(SECONDS, True), (0, False)])
def test_work_is_taken_back_at_once_or_not_at_all(grace_seconds: float, may: bool) -> None:
    """Later, the files that it would remove may be those of the next attempt."""
    answers: list[bool] = []

    def work(incoming: Consumer) -> None:
        answers.append(incoming.may_take_back())
        try:
            list(incoming)
        finally:
            answers.append(incoming.may_take_back())

    with Consumer(work, grace_seconds) as consumer:
        consumer.abandon()
        await_done(consumer)
    assert answers[1:] == [may]


def test_leaving_abandons_what_is_not_settled() -> None:
    ended = threading.Event()

    def work(incoming: Consumer) -> None:
        try:
            list(incoming)
        finally:
            ended.set()

    with Consumer(work):
        pass
    assert ended.wait(SECONDS)


def test_a_cancellation_wakes_who_waits() -> None:
    with Consumer(list) as consumer:
        consumer.cancel()
        consumer.alarm.settimeout(SECONDS)
        assert consumer.alarm.recv(1)
        consumer.alarm.setblocking(False)
        consumer.heard()
        assert consumer.cancelled
        assert not consumer.done
