"""The authorization of COPY and UNLOAD: an IAM role, access keys, or CREDENTIALS.

Exactly one of the three forms is mandatory. Redshift guide, copy-parameters-authorization
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sparkify_dwh.redshift.errors import NotSupportedError, RedshiftError
from sparkify_dwh.redshift.parsing.token_cursor import TokenCursor

# The clauses, and the form that each one belongs to.
FORMS = {
    "iam_role": "role",
    "access_key_id": "keys",
    "secret_access_key": "keys",
    "session_token": "keys",
    "credentials": "credentials",
}
_CREDENTIALS = {
    "aws_iam_role": "iam_role",
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "token": "session_token",
}
# Redshift guide, copy-parameters-authorization, and r_UNLOAD for a chain
_ROLE = r"arn:aws(?:-[a-z]+)*:iam::[0-9]{12}:role/[\w+=.@/-]+"
_ROLES = re.compile(f"{_ROLE}(?:,{_ROLE})*", re.ASCII)


@dataclass(frozen=True)
class Authorization:
    """A role, or access keys, which ``repr`` does not show.

    ``iam_role`` is an ARN (a chain of roles is several, comma-separated) or ``"default"``, the cluster's default role. The
    stand-in does not assume a role: without keys it has the rights of its own process.
    """

    iam_role: str | None = None
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)


class AuthorizationClauses:
    """The authorization clauses of one statement; ``command`` is its name in errors."""

    def __init__(self, command: str = "COPY") -> None:
        self._command = command
        self._forms: set[str] = set()
        self._given: dict[str, str] = {}

    def read(self, clause: str, tokens: TokenCursor) -> None:
        """Read the argument of a clause in `FORMS`, after its name."""
        self._forms.add(FORMS[clause])
        if clause == "credentials":
            tokens.accept_word("as")
            self._given.update(_credentials(_quoted(clause, tokens)))
        elif clause == "iam_role" and tokens.accept_word("default"):
            self._given[clause] = "default"
        else:
            text = _quoted(clause, tokens)
            self._given[clause] = _role(text) if clause == "iam_role" else text

    def authorization(self) -> Authorization:
        """Return the authorization of all clauses that were read."""
        given = self._given
        if len(self._forms) > 1 or ("iam_role" in given and len(given) > 1):
            raise RedshiftError(
                "42601", f"{self._command} takes one form of authorization: IAM_ROLE, access keys or CREDENTIALS"
            )
        if "iam_role" not in given and not {"access_key_id", "secret_access_key"} <= given.keys():
            raise RedshiftError(
                "42601",
                f"{self._command} needs authorization: IAM_ROLE, or ACCESS_KEY_ID with SECRET_ACCESS_KEY, or CREDENTIALS",
            )
        return Authorization(**given)


def _role(text: str) -> str:
    """Return the ARN of a role or of a chain. Anything else may be a secret, so the error does not repeat it."""
    if not _ROLES.fullmatch(text):
        raise RedshiftError(
            "42601",
            "Invalid IAM role: IAM_ROLE takes default or the ARN of a role, 'arn:aws:iam::123456789012:role/name'; a chain "
            "of roles is one string, with a comma and no space between the ARNs",
        )
    return text


def _quoted(clause: str, tokens: TokenCursor) -> str:
    """Read a string. Anything else may be a secret without quotes, so the error does not repeat it."""
    token = tokens.peek()
    if token is not None and token.kind == "parameter":
        raise tokens.syntax_error()
    text = tokens.accept_string()
    if not text:
        raise RedshiftError("42601", f"syntax error: {clause.upper()} needs a quoted string that is not empty")
    return text


def _credentials(text: str) -> dict[str, str]:
    """Return the parts of a CREDENTIALS string, which is case-sensitive and has no spaces."""
    if any(character.isspace() for character in text):
        raise RedshiftError("42601", "Invalid credentials: the CREDENTIALS string must not contain spaces")
    parts: dict[str, str] = {}
    for pair in text.split(";"):
        name, _, value = pair.partition("=")
        if name == "master_symmetric_key":
            raise NotSupportedError("Client-side encryption")
        if name not in _CREDENTIALS or not value or _CREDENTIALS[name] in parts:
            raise RedshiftError(
                "42601",
                "Invalid credentials: CREDENTIALS takes 'aws_iam_role=..' or "
                "'aws_access_key_id=..;aws_secret_access_key=..[;token=..]', each part once",
            )
        parts[_CREDENTIALS[name]] = _role(value) if name == "aws_iam_role" else value
    return parts
