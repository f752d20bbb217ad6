"""What of the parameters' files goes into a binder that strangers read."""

from __future__ import annotations

import pytest

from close_library.binder.contents import without_password


@pytest.mark.parametrize(
    ("written", "sealed"),
    [
        ("record: postgresql://ana:s3cr@et@db/close\n", "record: postgresql://ana:***@db/close\n"),
        ('record: "postgresql://ana:secret@db:5432/close"', 'record: "postgresql://ana:***@db:5432/close"'),
        ("record: postgresql://db/close?user=ana&password=secret&x=1", None),
        ("record: postgresql://ana@db:5432/close\n", "record: postgresql://ana@db:5432/close\n"),
        (
            "record: sqlite:///close.db  # ask: ana@example.com\n",
            "record: sqlite:///close.db  # ask: ana@example.com\n",
        ),
        ("sources:\n  - {system: tables, path: ../inbox}\n", "sources:\n  - {system: tables, path: ../inbox}\n"),
    ],
)
def test_the_record_s_address_without_its_password(written: str, sealed: str | None) -> None:
    found = without_password(written.encode()).decode()
    assert found == (sealed or "record: postgresql://db/close?user=ana&password=***&x=1")
