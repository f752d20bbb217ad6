"""Who sealed it: keys are made, read and refused; a signature holds for one content, one key and one spelling."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from close_library.binder.signature import (
    PASSWORD_VARIABLE,
    fingerprint_of,
    is_signed,
    new_key,
    read_fingerprint,
    read_key,
)
from close_library.errors import ParameterError, ReportError


def test_a_new_key_is_its_owners_alone_and_signs(tmp_path: Path) -> None:
    made = new_key(tmp_path / "key.pem")
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    key = read_key(tmp_path / "key.pem")
    assert key.fingerprint == made.fingerprint
    assert is_signed(b"manifest", key.sign(b"manifest"), key.public_pem)
    assert key.sign(b"manifest") == key.sign(b"manifest")


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    new_key(tmp_path / "key.pem")
    with pytest.raises(ReportError, match="can't be written"):
        new_key(tmp_path / "key.pem")


def test_another_content_key_or_spelling_is_not_signed(tmp_path: Path) -> None:
    key, other = new_key(tmp_path / "a.pem"), new_key(tmp_path / "b.pem")
    signature = key.sign(b"manifest")
    assert not is_signed(b"Manifest", signature, key.public_pem)
    assert not is_signed(b"manifest", signature, other.public_pem)
    assert not is_signed(b"manifest", b" " + signature, key.public_pem)
    assert not is_signed(b"manifest", signature.rstrip(), key.public_pem)
    assert not is_signed(b"manifest", b"", key.public_pem)
    assert not is_signed(b"manifest", signature, b"no key")


def test_a_key_with_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_key(tmp_path / "plain.pem")
    locked = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (tmp_path / "locked.pem").write_bytes(locked)
    with pytest.raises(ReportError, match="can't be read"):
        read_key(tmp_path / "locked.pem")
    monkeypatch.setenv(PASSWORD_VARIABLE, "wrong")
    with pytest.raises(ReportError, match="can't be read"):
        read_key(tmp_path / "locked.pem")
    monkeypatch.setenv(PASSWORD_VARIABLE, "secret")
    assert read_key(tmp_path / "locked.pem").fingerprint == key.fingerprint


def test_keys_of_other_kinds_are_refused(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "ec.pem").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ReportError, match="another kind"):
        read_key(tmp_path / "ec.pem")
    (tmp_path / "text.pem").write_text("hello")
    for path in (tmp_path / "text.pem", tmp_path / "missing.pem", tmp_path):
        with pytest.raises(ReportError):
            read_key(path)


def test_the_fingerprint_is_what_openssl_says(tmp_path: Path) -> None:
    key = new_key(tmp_path / "key.pem")
    try:
        der = subprocess.run(
            ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-pubout", "-outform", "der"],
            capture_output=True,
            check=True,
        ).stdout
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    said = subprocess.run(["openssl", "dgst", "-sha256"], input=der, capture_output=True, check=True).stdout.decode()
    assert said.split()[-1] == key.fingerprint == fingerprint_of(key.public_pem)


def test_a_key_has_one_spelling(tmp_path: Path) -> None:
    key = new_key(tmp_path / "key.pem")
    for spelled in (key.public_pem + b"\n", b"\n" + key.public_pem, key.public_pem.replace(b"\n", b"\r\n")):
        with pytest.raises(ReportError):
            fingerprint_of(spelled)


@pytest.mark.parametrize(
    "typed", ["AB" * 32, ":".join(["ab"] * 32), " ".join(["ab"] * 32) + "\n", "SHA256:" + "ab" * 32]
)
def test_a_fingerprint_as_people_give_it(typed: str) -> None:
    assert read_fingerprint(typed) == "ab" * 32


@pytest.mark.parametrize("typed", ["ab" * 31, "xy" * 32, "SHA256", "", " "])
def test_what_is_no_fingerprint_is_refused_not_taken_for_another_key(typed: str) -> None:
    with pytest.raises(ParameterError, match="fingerprint"):
        read_fingerprint(typed)
