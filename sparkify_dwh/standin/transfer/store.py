"""The object store that COPY and UNLOAD use, and its errors as Redshift reports them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Protocol

from sparkify_dwh.aws.sessions import AccessKey
from sparkify_dwh.errors import SourceError
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.authorization import Authorization
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.utils.secret import Secret

if TYPE_CHECKING:
    from sparkify_dwh.storage.store import StoredObject

Contents = list[bytes]
Listing = list["StoredObject"]


class Store(Protocol):
    """The methods of `sparkify_dwh.storage.store.ObjectStore` that COPY uses. Their errors are SourceErrors."""

    def list(self, prefix_url: str, /) -> Listing: ...
    def open(self, url: str, /) -> BinaryIO: ...
    def read(self, url: str, /) -> bytes: ...
    def read_small(self, urls: Sequence[str], most_bytes: int, /) -> Contents: ...


def open_store(authorization: Authorization, region: str | None) -> ObjectStore:
    """Return the store that a statement reads or writes, with the access keys that it gives, if any."""
    key, secret, token = authorization.access_key_id, authorization.secret_access_key, authorization.session_token
    if key is None or secret is None:
        return ObjectStore(region=region)
    return ObjectStore(
        access_key=AccessKey(Secret(key), Secret(secret), Secret(token) if token else None), region=region
    )


def read_object(url: str, store: Store) -> bytes:
    """Return the content of an object that a statement names, such as its JSONPaths file."""
    with explained(url):
        return store.read(url)


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn errors in reading an object into RedshiftErrors."""
    try:
        yield
    except SourceError as error:
        raise RedshiftError("XX000", str(error)) from error
    except Exception as error:
        is_unreadable = isinstance(error, OSError | EOFError | zlib.error)
        if not is_unreadable and type(error).__name__ != "ZstdError":  # by name: its module may not be installed
            raise
        raise RedshiftError("XX000", f"Cannot read {url}: {error}") from error
