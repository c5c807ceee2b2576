"""A COPY that is cancelled at the worst of moments: when its bell is heard for another reason."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fix_warehouse import a_standin

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.relay.backend import Backend
from sparkify_dwh.standin.relay.channel import Channel, ClientGone, Exchange
from sparkify_dwh.standin.relay.producer import Producer
from sparkify_dwh.standin.server import DATABASE, embedded_server


class CancelledWhileItIsLookedAt(Producer):
    """Nothing has been made yet, and the client cancels between two looks of the session."""

    def heard(self) -> None:
        self.cancel()
        super().heard()


class NobodyMayWait(Exchange):
    """For nothing would come any more."""

    def turn(self, *_: Any, **__: Any) -> None:
        pytest.fail("the session waits, and does not know that it was cancelled")


@pytest.fixture
def backend() -> Iterator[Backend]:
    with a_standin() as settings:
        assert settings.standin_directory is not None
        backend = Backend(embedded_server(settings.standin_directory), DATABASE)
        client, other = socket.socketpair()
        with client, other:
            backend.attach(NobodyMayWait(Channel(client, ClientGone), backend.channel))
            yield backend
        backend.close()


def test_a_cancellation_is_not_lost_with_the_bell_that_told_of_it(backend: Backend) -> None:
    may_end = threading.Event()
    try:
        with CancelledWhileItIsLookedAt(lambda _: may_end.wait() and None) as producer:
            with pytest.raises(RedshiftError, match="cancelled"):
                backend._feed(producer)
            may_end.set()
    finally:
        may_end.set()
