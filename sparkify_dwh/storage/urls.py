"""URLs of objects: ``s3://bucket/key`` and ``file:///path``, and the spellings that the configuration accepts.

An ``s3://`` URL holds its key literally: ``%20`` in it is three characters. A ``file:///`` URL is percent-encoded. A
location that COPY reads is a key prefix, not a folder: ``logs`` also matches ``logs2/x`` and ``logs.bak``
(Redshift guide, copy-parameters-data-source-s3), so a slash at the end is kept.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from sparkify_dwh.errors import ConfigurationError, SourceError

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
BUCKET_RULE = "a bucket's name has 3 to 63 of a-z, 0-9, '-' and '.', with a letter or number at both ends"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://|(?:s3|file):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object under a prefix: its URL, its size in bytes, and an etag that differs when its content does.

    In S3 the etag is S3's own, without quotes. For a file it is the time of modification in nanoseconds and the size,
    both in hexadecimal: a file that is rewritten with as many bytes and an old time looks unchanged.
    """

    url: str
    size: int
    etag: str


def file_url(path: str | os.PathLike[str]) -> str:
    """Return the ``file:///`` URL of a path, relative to the working directory; ``..`` is resolved by name.

    A slash at the end of a string is kept (a ``Path`` has none). A name that is not UTF-8 is kept.
    """
    text = os.fspath(path)
    absolute = os.path.normpath(Path.cwd() / text).rstrip("/")
    slash = "/" if text.endswith("/") or not absolute else ""
    return "file://" + quote_from_bytes(os.fsencode(absolute + slash))


def path_of(url: str) -> Path:
    """Return the path of a ``file:///`` URL. Raises SourceError for another URL."""
    return Path(local_path(url))


def local_path(url: str) -> str:
    """Return the path of a ``file:///`` URL as a string, which keeps the slash at the end."""
    if not url.startswith("file:///"):
        raise SourceError(f"A local file needs a URL like file:///absolute/path, found {shown(url)!r}")
    path = os.fsdecode(unquote_to_bytes(os.fsencode(url.removeprefix("file://"))))
    if "\0" in path:
        raise SourceError(f"A path cannot contain the character NUL, found %00 in {shown(url)!r}", "correct the URL")
    return path


def split_s3(url: str) -> tuple[str, str]:
    """Return bucket and key (or key prefix, perhaps empty) of an ``s3://`` URL. Raises SourceError for another URL."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not _BUCKET.fullmatch(bucket):
        raise SourceError(f"An object in S3 needs a URL like s3://bucket/key, found {shown(url)!r}; {BUCKET_RULE}")
    return bucket, key


def expanded(path: Path | str) -> Path:
    """Return the path with the user's home directory for a leading ``~``."""
    given = Path(path)
    return given.expanduser() if given.parts[:1] == ("~",) else given


def shown(url: str) -> str:
    """Return the URL for messages: without a password, and without the signature of a presigned URL."""
    if url.startswith("file:///"):
        return url
    if url.startswith("s3://"):
        bucket, slash, key = url.removeprefix("s3://").partition("/")
        return "s3://***" if {"@", ":"} & set(bucket) else f"s3://{bucket}{slash}{key}"
    without_user = re.sub(r"//.*@", "//***@", url, flags=re.DOTALL)
    return re.sub(r"\?.*", "?***", without_user, flags=re.DOTALL)


def configured_location(name: str, value: str, directory: Path | None) -> str:
    """Return the URL of a configured location, as listings spell it.

    ``name`` is how a message calls the value, such as ``[S3] MANIFESTS``. ``directory`` is what plain paths are relative
    to; None says that a real cluster reads the location, and Redshift reads no local files.

    Raises:
        ConfigurationError: another scheme, no bucket, or a local file with a real cluster.
    """
    scheme, rest = _scheme_and_rest(value)
    bucket, _, key = rest.partition("/")
    if scheme == "s3" and _BUCKET.fullmatch(bucket):
        return f"s3://{bucket}/{key}"
    if scheme == "file" and rest.startswith("/") and "%00" not in rest and directory is not None:
        return file_url(local_path(f"file://{rest}"))
    if scheme is None and directory is not None:
        return file_url(_joined(directory, value))
    raise _invalid(name, value, scheme, is_local=directory is not None)


def _scheme_and_rest(value: str) -> tuple[str | None, str]:
    """Return ("s3", "bucket/key"); the scheme of a plain path is None, that of a malformed URL is empty."""
    match = _SCHEME.match(value)
    if match is None:
        return None, value
    return (match[1] or "").lower(), value[match.end() :]


def _joined(directory: Path, value: str) -> str:
    return f"{directory / expanded(value)}/" if value.endswith("/") else str(directory / expanded(value))


def _invalid(name: str, value: str, scheme: str | None, *, is_local: bool) -> ConfigurationError:
    if scheme == "file" and not is_local:
        return ConfigurationError(
            f"{name} is {shown(value)!r}, and Redshift cannot read local files",
            "put the data in S3 and give s3://bucket/key, or set [CLUSTER] HOST=standin",
        )
    if scheme == "s3" and value[len("s3://") :].partition("/")[0]:
        return ConfigurationError(f"{name} is {shown(value)!r}, but {BUCKET_RULE}", "correct it")
    others = ", file:///absolute/path or a plain path" if is_local else " (with HOST=standin also a local path)"
    return ConfigurationError(f"{name} must be s3://bucket/key{others}, found {shown(value)!r}", "correct it")


def is_hidden(file: StoredObject, prefix: str) -> bool:
    """Return whether a file is hidden, by its name or a folder's, or the empty marker of a folder."""
    folders = prefix[: prefix.rfind("/") + 1]
    parts = file.url.removeprefix(folders).split("/")
    return any(part.startswith((".", "_")) for part in parts) or (file.size == 0 and file.url.endswith("/"))
