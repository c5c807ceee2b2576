"""Responses of PostgreSQL are matched with the requests that they answer."""

from __future__ import annotations

from sparkify_dwh.standin.relay.requests import Request, RequestQueue


def test_a_response_belongs_to_the_first_open_request() -> None:
    queue = RequestQueue()
    for kind in (b"P", b"B", b"H", b"E", b"S"):
        queue.add(Request(kind, tag=kind.decode()))
    requests = [queue.match(kind) for kind in (b"1", b"N", b"2", b"D", b"C", b"Z")]
    assert [request and request.tag for request in requests] == ["P", "B", "B", "E", "E", "S"]
    assert not queue


def test_an_error_answers_for_everything_up_to_the_sync() -> None:
    queue = RequestQueue()
    for kind in (b"P", b"B", b"E", b"S", b"P"):
        queue.add(Request(kind))
    queue.match(b"E")
    assert not queue.skipping
    assert [bool(queue.match(kind)) for kind in (b"Z", b"1")] == [True, True]
    queue.match(b"E")
    assert queue.skipping
