"""Passwords that Redshift accepts."""

from __future__ import annotations

import secrets
import string

from sparkify_dwh.utils.secret import Secret

LENGTH = 32


def generate_password() -> Secret:
    """Return letters and digits. The first three are a lower-case letter, an upper-case letter and a digit, as required."""
    required = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    any_character = string.ascii_letters + string.digits
    alphabets = (*required, *[any_character] * (LENGTH - len(required)))
    return Secret("".join(secrets.choice(alphabet) for alphabet in alphabets))
