"""The seal: what a binder holds, file by file, what it was made with, and the binder before it.

`seal/manifest.json` names every other file with its sha256 and length; its own sha256 stands in `seal/manifest.sha256` and
is what the next period's binder is chained to. A signature over the manifest stands in `seal/signature`, the public key in
`seal/key.pem`. PEM and JSON could be spelled in several ways: both are read and written again, and must be the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from close_library.binder.archive import Archive, Content, digest_of
from close_library.binder.signature import SigningKey
from close_library.errors import CloseError, Fault, ReportError
from close_library.period import Period

MANIFEST = "seal/manifest.json"
DIGEST = "seal/manifest.sha256"
SIGNATURE = "seal/signature"
KEY = "seal/key.pem"
FORMAT = "binder/1"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[^/\\\x00-\x1f]{1,255}")


def sealed(members: Mapping[str, Content], heading: Mapping[str, Any], key: SigningKey | None) -> dict[str, Content]:
    """The members with their seal. `heading` says company, period, library, environment, record and the prior binder."""
    files = {}
    for name in sorted(members):
        digest, length = digest_of(members[name])
        files[name] = {"sha256": digest, "bytes": length}
    manifest = manifest_bytes({"format": FORMAT, **heading, "key": key.fingerprint if key else None, "files": files})
    seal: dict[str, Content] = {MANIFEST: manifest, DIGEST: digest_line(manifest)}
    if key:
        seal |= {SIGNATURE: key.sign(manifest), KEY: key.public_pem}
    return {**members, **seal}


def read_manifest(archive: Archive) -> dict[str, Any]:
    """The manifest of a binder, spelled and shaped as one. Raises ReportError when it is none.

    Its company and its period name folders when the binder is performed again: nothing else may stand there.
    """
    written = archive.read(MANIFEST)
    try:
        manifest = json.loads(written)
        wrong = "" if manifest_bytes(manifest) == written else "another spelling"
        wrong = wrong or next((name for name, holds in _SHAPE.items() if not holds(manifest.get(name))), "")
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        manifest, wrong = {}, str(error).partition("\n")[0] or type(error).__name__
    if wrong:
        raise ReportError(
            "the binder can't be read.",
            [Fault(MANIFEST, f"not a manifest of this format ({wrong})", f"the manifest of a {FORMAT}", "")],
        )
    return dict(manifest)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value)) and value not in (".", "..")


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and bool(_SHA256.fullmatch(value))


def _is_period(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(Period.parse(value)) == value
    except CloseError:
        return False


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


_SHAPE: Mapping[str, Callable[[Any], bool]] = {
    "format": lambda value: value == FORMAT,
    "company": _is_name,
    "company_name": lambda value: isinstance(value, str),
    "period": _is_period,
    "key": lambda value: value is None or _is_digest(value),
    "files": lambda value: all(_is_digest(each["sha256"]) for each in value.values()),
    "library": lambda value: _are_texts(value) and {"version", "sha256"} <= set(value),
    "python": lambda value: isinstance(value, str),
    "packages": _are_texts,
    "notebooks": _are_texts,
    "record": lambda value: type(value["events"]) is int and isinstance(value["head"], str),
    "prior": lambda value: (
        value is None or (_is_period(value["period"]) and _is_digest(value["sha256"]) and _is_name(value["file"]))
    ),
}
"""Key → whether a value can stand there."""


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The one spelling of a manifest."""
    return (json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def digest_line(manifest: bytes) -> bytes:
    """What `seal/manifest.sha256` says: `sha256sum -c` reads it."""
    return f"{hashlib.sha256(manifest).hexdigest()}  manifest.json\n".encode()


def binder_hash(archive: Archive) -> str:
    """The sha256 of a binder's manifest: what the next binder names."""
    return archive.digest(MANIFEST)
