"""What a database complains of, in words that a person can act on. No password, and no text that somebody said."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

from sqlalchemy import URL

from close_library.errors import Fault

_HELD = ("held by somebody else", "a record that is free within the time to wait", "try again in a moment")
_READ_ONLY = ("it can be read, not written", "a record that can be added to", "ask for the right to write to it")
_DAMAGED = ("damaged", "a database as it was written", "restore it from a backup, then run close history --verify")
_FULL = ("the disk is full", "room for what is said", "make room and say it again")
_NOT_A_DATABASE = ("not a database", "a record", "name another file, or restore this one from a backup")
_REFUSED = ("no right to use it", "a user who may read and add to the record", "ask who looks after the database")

_SQLITE = {
    "SQLITE_BUSY": _HELD,
    "SQLITE_LOCKED": _HELD,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _NOT_A_DATABASE,
    "SQLITE_FULL": _FULL,
}
_POSTGRESQL = {
    "55P03": _HELD,
    "40P01": _HELD,
    "25006": _READ_ONLY,
    "42501": _REFUSED,
    "42P01": _DAMAGED,
    "42703": _DAMAGED,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
    "53100": _FULL,
}


def complaint(error: Exception, where: str, url: URL) -> Fault:
    """The fault that an error of the database or its driver means."""
    cause = getattr(error, "orig", None) or error
    name = str(getattr(cause, "sqlite_errorname", None) or "")
    known = _POSTGRESQL.get(str(getattr(cause, "sqlstate", None) or "")) or next(
        (words for start, words in _SQLITE.items() if name.startswith(start)), None
    )
    if known is None and (isinstance(cause, UnicodeError) or "Could not decode" in str(cause)):
        known = _DAMAGED
    if known is None:
        known = (_first_line(cause, url), "a record that can be reached", "look at record: in company.yaml")
    found, expected, do = known
    return Fault(where, found, expected, do)


def _first_line(cause: BaseException, url: URL) -> str:
    line = next(iter(str(cause).strip().splitlines()), "") or type(cause).__name__
    secrets = [url.password, *(text for key, text in url.query.items() if "pass" in key.lower())]
    for secret in (str(secret) for secret in secrets if secret):
        for spelled in (secret, quote(secret, safe=""), quote_plus(secret)):
            line = line.replace(spelled, "***")
    return line
