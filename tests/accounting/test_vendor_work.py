"""What approved work is owed: rates in force on the day, worked by hand."""

from pathlib import Path

from close_library.accounting.schedules import build_schedules, owed_work
from close_library.evidence import Scope
from tests.accounting.vendors import vendor_company

CARD = """
    base       0.24    2026-01-01  .
    base       0.255   2026-01-01  2026-06-30  v-2
    base       0.2625  2026-07-01  .           v-2
    bonus      0.03    2026-04-01  2026-05-31  v-1
    incentive  0.02    2026-05-10  2026-05-12
    bonus      0.005   2026-05-12  2026-05-12
    bonus      9       2026-01-01  .           v-9
    base       0.4     2026-01-01  .           .    review
    base       7       2026-01-01  .           .    label   borealis
"""


def owed(scope: Scope, *columns: str) -> dict[str, tuple[str, ...]]:
    """Columns of the schedule by row of work, as text."""
    rows = scope.books.sql(f"SELECT * FROM {owed_work(scope)} ORDER BY work_id").to_pylist()
    return {
        row["work_id"]: tuple(
            "none"
            if row[name] is None
            else f"{row[name]:f}".rstrip("0").rstrip(".")
            if "rate" in name
            else f"{row[name]}"
            for name in columns
        )
        for row in rows
    }


RATES = {
    "the card, where the vendor has no rate of its own": ("2026-03-31 100 pat 2026-04-02 v-1", "0.24"),
    "a bonus on its first day": ("2026-04-01 100 pat 2026-04-02 v-1", "0.27"),
    "a bonus on its last day": ("2026-05-31 100 pat 2026-06-02 v-1", "0.27"),
    "a bonus a day after its last": ("2026-06-01 100 pat 2026-06-02 v-1", "0.24"),
    "bonus of the vendor and incentive of the card": ("2026-05-10 100 pat 2026-06-02 v-1", "0.29"),
    "bonuses of vendor and card, and an incentive": ("2026-05-12 100 pat 2026-06-02 v-1", "0.295"),
    "an incentive a day before its first": ("2026-05-09 100 pat 2026-06-02 v-1", "0.27"),
    "its own rate goes before the card": ("2026-03-31 100 pat 2026-04-02 v-2", "0.255"),
    "its own rate on its last day": ("2026-06-30 100 pat 2026-07-02 v-2", "0.255"),
    "its next rate on its first day": ("2026-07-01 100 pat 2026-07-02 v-2", "0.2625"),
    "the card's incentive on top of its own rate": ("2026-05-11 100 pat 2026-06-02 v-2", "0.275"),
    "another type of work": ("2026-03-31 100 pat 2026-04-02 v-1 review", "0.4"),
    "another program": ("2026-03-31 100 pat 2026-04-02 v-1 label borealis", "7"),
    "before any rate": ("2025-12-31 100 pat 2026-01-02 v-1", "0"),
    "a type of work that has no rate": ("2026-03-31 100 pat 2026-04-02 v-1 audio", "0"),
}
"""Case → the row of work, and the rate owed for it."""


def test_the_rate_owed(tmp_path: Path) -> None:
    work = "\n".join(f"{name.replace(' ', '_')} {row}" for name, (row, _) in RATES.items())
    scope = vendor_company(tmp_path, programs="atlas\nborealis", vendor_rates=CARD, vendor_work=work)
    assert owed(scope, "owed_rate") == {name.replace(" ", "_"): (rate,) for name, (_, rate) in RATES.items()}


def test_the_parts_of_a_rate_stand_beside_it(tmp_path: Path) -> None:
    scope = vendor_company(
        tmp_path,
        vendor_rates=CARD,
        vendor_work="own 2026-05-12 100 pat 2026-06-02 v-2\ncard 2026-05-12\nnone 2025-12-31",
    )
    assert owed(scope, "base_rate", "own_base") == {
        "own": ("0.255", "True"),
        "card": ("0.24", "False"),
        "none": ("none", "False"),
    }
    assert owed(scope, "bonus", "incentive")["card"] == ("0.035000000000", "0.020000000000")


def test_a_bonus_without_a_base_rate_is_still_in_force(tmp_path: Path) -> None:
    scope = vendor_company(tmp_path, vendor_rates="bonus 0.05 2026-05-01", vendor_work="w 2026-05-02")
    assert owed(scope, "base_rate", "owed_rate", "owed") == {"w": ("none", "0.05", "5.0000")}


def test_of_two_base_rates_in_force_the_later_counts_and_a_doubled_row_counts_once(tmp_path: Path) -> None:
    scope = vendor_company(
        tmp_path,
        vendor_rates="""
            base   0.2   2026-01-01
            base   0.3   2026-05-01
            base   0.9   2026-05-01
            bonus  0.01  2026-01-01
            bonus  0.01  2026-01-01
            bonus  0.02  2026-05-01
        """,
        vendor_work="april 2026-04-30\nmay 2026-05-01",
    )
    assert owed(scope, "owed_rate") == {"april": ("0.21",), "may": ("0.33",)}


def test_a_row_is_rounded_half_up_once(tmp_path: Path) -> None:
    """3 × 0.335 is 1.005 and so 1.01; base and bonus are added before."""
    cases = {"eighth": "1 0.13", "just-below": "1 0.12", "three": "3 1.01", "base-and-bonus": "1 0.01"}
    rates = {
        "eighth": "base 0.125",
        "just-below": "base 0.124999999999",
        "three": "base 0.335",
        "base-and-bonus": "base 0.003",
    }
    scope = vendor_company(
        tmp_path,
        vendor_rates="\n".join(f"{rate} 2026-01-01 . . {kind}" for kind, rate in rates.items())
        + "\nbonus 0.002 2026-01-01 . . base-and-bonus",
        vendor_work="\n".join(
            f"{kind} 2026-05-02 {case.split()[0]} pat 2026-05-03 v-1 {kind}" for kind, case in cases.items()
        ),
    )
    assert owed(scope, "owed") == {kind: (f"{case.split()[1]}00",) for kind, case in cases.items()}


def test_work_is_approved_when_somebody_approved_it_on_some_day(tmp_path: Path) -> None:
    """Whenever that was. Nobody, no day, and no approved quantity are owed nothing."""
    scope = vendor_company(
        tmp_path,
        vendor_rates="base 0.5",
        vendor_work="""
            approved    2026-05-02  90  pat  2026-05-03
            later       2026-05-31  90  pat  2026-07-15
            nobody      2026-05-02  90  .    2026-05-03
            no-day      2026-05-02  90  pat  .
            no-quantity 2026-05-02  .   pat  2026-05-03
        """,
    )
    assert owed(scope, "approved", "owed") == {
        "approved": ("True", "45.0000"),
        "later": ("True", "45.0000"),
        "nobody": ("False", "0.0000"),
        "no-day": ("False", "0.0000"),
        "no-quantity": ("True", "0.0000"),
    }


def test_a_foreign_vendor_is_owed_in_its_currency(tmp_path: Path) -> None:
    """Its own, else the one in which it bills, else the functional one; rounded to that currency's minor unit."""
    scope = vendor_company(
        tmp_path,
        vendors="euro EUR\nyen JPY\nbills .\nmixed .",
        vendor_rates="base 0.125",
        vendor_work="""
            1-euro   2026-05-02  101  pat  2026-05-03  euro
            2-yen    2026-05-02  101  pat  2026-05-03  yen
            3-bills  2026-05-02  101  pat  2026-05-03  bills
            4-mixed  2026-05-02  101  pat  2026-05-03  mixed
            5-unheard  2026-05-02  101  pat  2026-05-03  unheard
        """,
        vendor_invoices="""
            b-1  2026-06-01  1  approved  bills  atlas  EUR
            b-2  2026-06-01  1  void      bills  atlas  USD
            m-1  2026-06-01  1  approved  mixed  atlas  EUR
            m-2  2026-06-01  1  approved  mixed  atlas  USD
        """,
        fx_rates="EUR 2026-05-02 1.1\nJPY 2026-05-02 0.0065",
    )
    assert owed(scope, "currency", "owed", "functional") == {
        "1-euro": ("EUR", "12.6300", "13.8900"),
        "2-yen": ("JPY", "13.0000", "0.0800"),
        "3-bills": ("EUR", "12.6300", "13.8900"),
        "4-mixed": ("USD", "12.6300", "12.6300"),
        "5-unheard": ("USD", "12.6300", "12.6300"),
    }


def test_the_stored_schedule_is_the_computed_one(tmp_path: Path) -> None:
    work = "\n".join(f"w-{n} 2026-05-{n:02d} {n} pat 2026-06-02 v-{n % 3}" for n in range(1, 31))
    scope = vendor_company(tmp_path, vendor_rates=CARD, vendor_work=work)
    computed = scope.books.sql(f"SELECT * FROM {owed_work(scope)} ORDER BY work_id").to_pylist()
    assert "owed_work" in build_schedules(scope.books.directory, str(scope.period), scope.parameters)
    assert "read_parquet" in owed_work(scope)
    assert scope.books.sql(f"SELECT * FROM {owed_work(scope)} ORDER BY work_id").to_pylist() == computed
    assert len(computed) == 30
