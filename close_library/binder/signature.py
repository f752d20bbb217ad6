"""Who sealed it: an Ed25519 signature over the binder's manifest, and the fingerprint that a reader compares.

The fingerprint is the sha256 of the public key's SubjectPublicKeyInfo, as `openssl pkey -pubout -outform der` gives it.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from close_library.errors import Fault, ParameterError, ReportError

PASSWORD_VARIABLE = "CLOSE_KEY_PASSWORD"
"""The environment variable that holds the password of an encrypted key."""


@dataclass(frozen=True)
class SigningKey:
    """A private key, and the public one that goes into the binder."""

    private: Ed25519PrivateKey

    @property
    def public_pem(self) -> bytes:
        """The public key as PEM."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """The sha256 of the public key."""
        return fingerprint_of(self.public_pem)

    def sign(self, content: bytes) -> bytes:
        """The signature as one line of base64; the same content and key give the same signature."""
        return base64.b64encode(self.private.sign(content)) + b"\n"


def new_key(path: Path) -> SigningKey:
    """Make a key and write it to a file that only its owner reads. Raises ReportError when the file is there already."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink()
        raise _unwritten(path, error) from error
    return SigningKey(key)


def _unwritten(path: Path, error: OSError) -> ReportError:
    do = (
        "free some space, or give another place"
        if error.errno == errno.ENOSPC
        else "give another name, or use the key that is there"
    )
    return ReportError("the key can't be written.", [Fault(str(path), error.strerror or str(error), "a new file", do)])


def read_key(path: Path) -> SigningKey:
    """A private key in PEM. Raises ReportError when it is not an Ed25519 key or its password is missing."""
    password = os.environ.get(PASSWORD_VARIABLE)
    expected = "an Ed25519 private key in PEM"
    do = f"close binder --new-key {path} makes one; an encrypted key's password goes into {PASSWORD_VARIABLE}"
    try:
        key = load_pem_private_key(path.read_bytes(), password.encode() if password else None)
    except OSError as error:
        raise ReportError(
            "the key can't be read.", [Fault(str(path), error.strerror or str(error), expected, do)]
        ) from error
    except TypeError as error:
        found = "an encrypted key without a password" if not password else "a password for a key that has none"
        raise ReportError("the key can't be read.", [Fault(str(path), found, expected, do)]) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ReportError(
            "the key can't be read.", [Fault(str(path), "a file that is no key, or a wrong password", expected, do)]
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ReportError("the key can't be used.", [Fault(str(path), "a key of another kind", expected, do)])
    return SigningKey(key)


def fingerprint_of(public_pem: bytes) -> str:
    """The sha256 of a public key. Raises ReportError when it is none, or not spelled as `SigningKey.public_pem` spells it."""
    key = _public(public_pem)
    if key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) != public_pem:
        raise ReportError(
            "the binder's key can't be read.", [Fault("seal/key.pem", "another spelling of a key", "the key as PEM")]
        )
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def read_fingerprint(typed: str) -> str:
    """A fingerprint as a person gives it: capitals, spaces, colons and `SHA256:` do no harm. Raises ParameterError."""
    plain = re.sub(r"[\s:]", "", re.sub(r"^\s*sha-?256\s*[:=]?", "", typed.lower()))
    if not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise ParameterError(
            "the fingerprint can't be read as one.",
            [
                Fault(
                    "--fingerprint",
                    f"{typed[:80]} ({len(plain)} characters)",
                    "64 hexadecimal digits, the SHA-256 of the public key",
                    "take the whole line from whoever sealed the binder",
                )
            ],
        )
    return plain


def is_signed(content: bytes, signature: bytes, public_pem: bytes) -> bool:
    """Whether a signature is of this content, by this key, spelled as `SigningKey.sign` spells it."""
    try:
        raw = base64.b64decode(signature, validate=False)
        if base64.b64encode(raw) + b"\n" != signature:
            return False
        _public(public_pem).verify(raw, content)
    except (InvalidSignature, binascii.Error, ReportError):
        return False
    return True


def _public(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ReportError(
            "the binder's key can't be read.", [Fault("seal/key.pem", str(error), "an Ed25519 public key in PEM")]
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ReportError(
            "the binder's key can't be used.", [Fault("seal/key.pem", "a key of another kind", "an Ed25519 public key")]
        )
    return key
