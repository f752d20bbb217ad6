"""The seal: what a binder holds, file by file, what it was made with, and the binder before it.

`seal/manifest.json` names every other file with its sha256 and length; its own sha256 stands in `seal/manifest.sha256` and
is what the next period's binder is chained to. A signature over the manifest stands in `seal/signature`, the public key in
`seal/key.pem`. PEM and JSON could be spelled in several ways: both are read and written again, and must be the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from close_library.binder.archive import Archive, Content, digest_of
from close_library.binder.signature import SigningKey

MANIFEST = "seal/manifest.json"
DIGEST = "seal/manifest.sha256"
SIGNATURE = "seal/signature"
KEY = "seal/key.pem"
FORMAT = "binder/1"


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


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The one spelling of a manifest."""
    return (json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def digest_line(manifest: bytes) -> bytes:
    """What `seal/manifest.sha256` says: `sha256sum -c` reads it."""
    return f"{hashlib.sha256(manifest).hexdigest()}  manifest.json\n".encode()


def binder_hash(archive: Archive) -> str:
    """The sha256 of a binder's manifest: what the next binder names."""
    return archive.digest(MANIFEST)
