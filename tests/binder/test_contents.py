"""What of the parameters' files goes into a binder that strangers read, and what its own file is called."""

from __future__ import annotations

import pytest

from close_library.binder.contents import file_name, period_in_name, without_password


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


@pytest.mark.parametrize("company", ["tiny", "tiny_2", "a+b.c", "2026-01"])
def test_the_period_in_a_file_name_is_the_one_it_was_called_by(company: str) -> None:
    assert period_in_name(file_name({"company": company, "period": "2026-04"}), company) == "2026-04"


@pytest.mark.parametrize(
    "name",
    [
        "other_2026-04.binder.zip",
        "_2026-04.binder.zip",
        "tiny_eu_2026-04.binder.zip",
        "tiny_2026-04.zip",
        "tiny_2026-04 (copy).binder.zip",
        "tiny_2026_04.binder.zip",
        "tiny_２０２６-04.binder.zip",
        "tiny_.binder.zip",
        "",
    ],
)
def test_a_name_that_is_no_binder_of_the_company_says_no_period(name: str) -> None:
    assert period_in_name(name, "tiny") == ""
