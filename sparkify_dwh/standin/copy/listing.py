"""The objects that a COPY reads: those under a key prefix, or those in a manifest.

Sources: Redshift guide, copy-parameters-data-source-s3 and loading-data-files-using-manifest.

Every object under the prefix is a data file, hidden ones too; empty ones load nothing.
"""

from __future__ import annotations

import msgspec

from sparkify_dwh.errors import SourceError
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement
from sparkify_dwh.redshift.errors import RedshiftError, internal_error_detail
from sparkify_dwh.standin.transfer.store import Store, explained
from sparkify_dwh.storage.urls import file_url, local_path


class DataFile(msgspec.Struct, gc=False):  # there may be very many
    """A file to load; ``is_mandatory`` is None for a file under the prefix, which exists."""

    url: str
    is_mandatory: bool | None = None
    is_empty: bool = False


class _Entry(msgspec.Struct, gc=False):
    url: str
    mandatory: bool = False


class _Manifest(msgspec.Struct):
    entries: list[_Entry]


def data_files(statement: CopyStatement, store: Store) -> list[DataFile]:
    """Return the files of the statement, in their order.

    Raise RedshiftError XX000 for a prefix without objects, and for an invalid manifest.
    """
    return _manifest_files(statement.url, store) if statement.options.manifest else _prefix_files(statement, store)


def _prefix_files(statement: CopyStatement, store: Store) -> list[DataFile]:
    with explained(statement.url):
        objects = store.list(statement.url)
    if not objects:
        # The text: https://github.com/3scale/apisonator/issues/196
        message = f"The specified S3 prefix '{_prefix(statement.url)}' does not exist"
        raise RedshiftError("XX000", message, _detail(message))
    files = [DataFile(found.url, is_empty=found.size == 0) for found in objects]
    _refuse_paths_as_data(statement.json, [file.url for file in files])
    return files


def _refuse_paths_as_data(json_option: str, urls: list[str]) -> None:
    """Raise for a JSONPaths file under the data's prefix. Redshift guide, copy-parameters-data-format"""
    url = file_url(local_path(json_option)) if json_option.startswith("file:") else json_option
    if url in urls:
        raise RedshiftError(
            "XX000",
            f"The JSONPaths file {url} is under the prefix of the data, and would be read as data: end the prefix with a "
            "slash, or move the file",
        )


def _prefix(url: str) -> str:
    """Return the key of an object in S3, or the path of a local file without its first slash."""
    return url.split("/", 3)[3] if url.count("/") > 2 else ""


def _detail(message: str) -> str:
    return internal_error_detail(message, 8001, "", "s3_utility.cpp:568", "padbmaster")


def _manifest_files(url: str, store: Store) -> list[DataFile]:
    try:
        data = store.read(url)
    except SourceError as error:
        # Redshift's text for any manifest that it cannot read: https://github.com/PostHog/posthog/issues/61603
        message = "COPY with MANIFEST parameter requires full path of an S3 object"
        raise RedshiftError("XX000", f"{message}: {error}", _detail(message)) from error
    try:
        entries = msgspec.json.decode(data.decode(), type=_Manifest).entries
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _invalid_manifest(url) from error
    if not all(entry.url.startswith(("s3://", "file:///")) for entry in entries):
        raise _invalid_manifest(url)
    return [DataFile(entry.url, entry.mandatory) for entry in entries]


def _invalid_manifest(url: str) -> RedshiftError:
    return RedshiftError(
        "XX000",
        f"Manifest file {url} is not in correct json format: it needs one object in UTF-8, "
        '{"entries": [{"url": "s3://bucket/key", "mandatory": true}]}',
    )
