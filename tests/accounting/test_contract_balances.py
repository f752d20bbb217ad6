"""Contract assets, contract liabilities and their rolls: workpapers 22, 31 and 32 over small ledgers worked by hand."""

from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting.revenue.contract_balances import contract_balances_to_ledger
from close_library.accounting.revenue.revenue_recognition import revenue_recognition
from close_library.accounting.revenue.revenue_to_ledger import revenue_to_ledger
from close_library.accounting.revenue.roll_contracts import (
    contract_asset_roll_forward,
    deferred_revenue_roll_forward,
    rolled_contracts,
)
from close_library.errors import BooksError
from close_library.evidence import Scope
from tests.accounting.contracts import contract_company, sign
from tests.ledgers import amounts, found, scope_of

BALANCES = ("deferred_revenue", "unbilled_receivable")
BY_QUANTITY = (
    "u c-1 task usage as_delivered 1.00\nv c-1 task usage as_delivered 1.00\nw c-2 task usage as_delivered 1.00"
)

POSITIONS = {
    "earned and not billed": ("d-1 u 2026-05-09 . 10 . delivered", "", "", ("0.00", "10.00")),
    "billed and not earned": ("", "i-1 2026-05-09 10.00", "i-1 1 u 10.00", ("10.00", "0.00")),
    "earned and billed": (
        "d-1 u 2026-05-09 . 10 . delivered",
        "i-1 2026-05-31 10.00",
        "i-1 1 u 10.00",
        ("0.00", "0.00"),
    ),
    "the lines of one contract are net": (
        "d-1 u 2026-05-09 . 10 . delivered",
        "i-1 2026-05-09 25.00",
        "i-1 1 v 25.00",
        ("15.00", "0.00"),
    ),
    "two contracts are not": (
        "d-1 u 2026-05-09 . 10 . delivered",
        "i-1 2026-05-09 25.00",
        "i-1 1 w 25.00",
        ("25.00", "10.00"),
    ),
    "a document after T does not count": (
        "d-1 u 2026-06-01 . 10 . delivered",
        "i-1 2026-06-01 25.00",
        "i-1 1 u 25.00",
        ("0.00", "0.00"),
    ),
    "a draft and a void bill nothing": (
        "",
        "i-1 2026-05-09 10.00 invoice draft\ni-2 2026-05-09 10.00 invoice void",
        "i-1 1 u 10.00\ni-2 1 u 10.00",
        ("0.00", "0.00"),
    ),
    "a line that names no contract line bills no contract": (
        "",
        "i-1 2026-05-09 10.00",
        "i-1 1 . 4.00\ni-1 2 x 6.00",
        ("0.00", "0.00"),
    ),
    "a credit memo takes back billing, not revenue": (
        "d-1 u 2026-05-09 . 10 . delivered",
        "i-1 2026-05-09 10.00\ni-2 2026-05-10 -4.00 credit_memo",
        "i-1 1 u 10.00\ni-2 1 u -4.00",
        ("0.00", "4.00"),
    ),
    "a doubled invoice's lines count once each": (
        "",
        "i-1 2026-05-09 10.00\ni-1 2026-05-09 10.00",
        "i-1 1 u 10.00",
        ("10.00", "0.00"),
    ),
}


@pytest.mark.parametrize("case", POSITIONS)
def test_positions_at_the_end_of_may(tmp_path: Path, case: str) -> None:
    deliveries, invoices, lines, expected = POSITIONS[case]
    scope = contract_company(
        tmp_path,
        contracts="c-1\nc-2",
        contract_lines=BY_QUANTITY,
        deliveries=deliveries,
        invoices=invoices,
        invoice_lines=lines,
    )
    assert tuple(amounts(contract_balances_to_ledger(scope), *BALANCES).values()) == expected
    assert_rolls(scope)


def assert_rolls(scope: Scope) -> None:
    """31 and 32 roll, end where 22 stands, and their revenue is that of 23; each figure is the sum of its rows."""
    balances, revenue = contract_balances_to_ledger(scope), revenue_to_ledger(scope)
    deferred, assets = deferred_revenue_roll_forward(scope), contract_asset_roll_forward(scope)
    assert rolled_contracts(deferred) == deferred.closing_balance.money == balances.deferred_revenue.money
    assert rolled_contracts(assets) == assets.closing_balance.money == balances.unbilled_receivable.money
    assert (
        deferred.revenue.money
        == assets.revenue.money
        == revenue.revenue.money
        == revenue_recognition(scope).revenue.money
    )
    for figure in (f for result in (balances, revenue, deferred, assets) for f in result.figures.values()):
        assert figure.population is not None
        assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id


DIFFERENT = {
    "the ledger says the same": ("j-1 2026-05-31 2400 -40.00\nj-1 2026-05-31 1250 15.00 borealis", "", []),
    "a cent more deferred": (
        "j-1 2026-05-31 2400 -40.01\nj-1 2026-05-31 1250 15.00 borealis",
        "",
        [("deferred_revenue_differs", "atlas", "0.01")],
    ),
    "nothing booked": (
        "",
        "",
        [("deferred_revenue_differs", "atlas", "-40.00"), ("unbilled_differs", "borealis", "-15.00")],
    ),
    "booked a day late": (
        "j-1 2026-06-01 2400 -40.00\nj-1 2026-05-31 1250 15.00 borealis",
        "",
        [("deferred_revenue_differs", "atlas", "-40.00")],
    ),
    "unbilled booked in another program": (
        "j-1 2026-05-31 2400 -40.00\nj-1 2026-05-31 1250 15.00 atlas",
        "",
        [("unbilled_differs", "atlas", "15.00"), ("unbilled_differs", "borealis", "-15.00")],
    ),
    "an opening balance belongs to no program": (
        "j-1 2026-05-31 2400 -40.00\nj-1 2026-05-31 1250 15.00 borealis",
        "2400 2026-05 -7.00 -47.00",
        [("deferred_revenue_differs", "_company", "7.00")],
    ),
    "netted across programs in the ledger": (
        "j-1 2026-05-31 2400 -25.00",
        "",
        [("deferred_revenue_differs", "atlas", "-15.00"), ("unbilled_differs", "borealis", "-15.00")],
    ),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_balances_differ_by_program(tmp_path: Path, case: str) -> None:
    entries, opening, expected = DIFFERENT[case]
    scope = contract_company(
        tmp_path,
        programs="atlas\nborealis",
        contracts="c-1\nc-2 borealis",
        contract_lines=BY_QUANTITY,
        deliveries="d-1 w 2026-05-09 . 15 . delivered . borealis",
        invoices="i-1 2026-05-09 40.00",
        invoice_lines="i-1 1 u 40.00",
        gl_entries=entries,
        account_balances=opening,
    )
    assert found(contract_balances_to_ledger(scope)) == expected
    for program in ("atlas", "borealis"):
        own = found(contract_balances_to_ledger(scope_of(tmp_path / "books", "2026-05", program)))
        assert own == [finding for finding in expected if finding[1] == program]


def test_a_contract_of_no_program_is_the_company_s(tmp_path: Path) -> None:
    """A contract whose program is unknown is owned by none: the company has it, and its difference is known by `_company`."""
    scope = contract_company(
        tmp_path,
        contracts="c-1 nowhere",
        contract_lines="u c-1 task usage as_delivered 1.00",
        deliveries="d-1 u 2026-05-09 . 15 . delivered",
    )
    assert found(contract_balances_to_ledger(scope)) == [("unbilled_differs", "_company", "-15.00")]
    assert found(revenue_to_ledger(scope)) == [("revenue_differs", "_company", "-15.00")]
    assert amounts(revenue_to_ledger(scope_of(tmp_path / "books", "2026-05", "atlas")), "revenue") == {
        "revenue": "0.00"
    }


ROLLED = {
    "deferred revenue is earned, and more is billed": (
        "i-1 2026-04-10 100.00\ni-2 2026-05-10 50.00",
        "i-1 1 u 100.00\ni-2 1 u 50.00",
        "d-1 u 2026-05-09 . 120 . delivered",
        {"opening_balance": "100.00", "billings": "50.00", "revenue": "120.00", "change_in_contract_assets": "0.00",
         "fx": "0.00", "closing_balance": "30.00", "revenue_from_opening_balance": "100.00"},
        {"opening_balance": "0.00", "revenue": "120.00", "billings": "50.00", "change_in_contract_liabilities": "-70.00",
         "fx": "0.00", "closing_balance": "0.00"},
    ),
    "a liability becomes an asset": (
        "i-1 2026-04-10 100.00",
        "i-1 1 u 100.00",
        "d-1 u 2026-05-09 . 120 . delivered",
        {"opening_balance": "100.00", "billings": "0.00", "revenue": "120.00", "change_in_contract_assets": "20.00",
         "fx": "0.00", "closing_balance": "0.00", "revenue_from_opening_balance": "100.00"},
        {"opening_balance": "0.00", "revenue": "120.00", "billings": "0.00", "change_in_contract_liabilities": "-100.00",
         "fx": "0.00", "closing_balance": "20.00"},
    ),
    "an asset becomes a liability": (
        "i-1 2026-05-10 100.00",
        "i-1 1 u 100.00",
        "d-1 u 2026-04-09 . 60 . delivered",
        {"opening_balance": "0.00", "billings": "100.00", "revenue": "0.00", "change_in_contract_assets": "-60.00",
         "fx": "0.00", "closing_balance": "40.00", "revenue_from_opening_balance": "0.00"},
        {"opening_balance": "60.00", "revenue": "0.00", "billings": "100.00", "change_in_contract_liabilities": "40.00",
         "fx": "0.00", "closing_balance": "0.00"},
    ),
    "revenue taken back is not revenue from the opening balance": (
        "i-1 2026-04-10 100.00",
        "i-1 1 u 100.00",
        "d-1 u 2026-05-09 . -10 . delivered",
        {"opening_balance": "100.00", "billings": "0.00", "revenue": "-10.00", "change_in_contract_assets": "0.00",
         "fx": "0.00", "closing_balance": "110.00", "revenue_from_opening_balance": "0.00"},
        {"opening_balance": "0.00", "revenue": "-10.00", "billings": "0.00", "change_in_contract_liabilities": "10.00",
         "fx": "0.00", "closing_balance": "0.00"},
    ),
    "first in, first out, contract by contract": (
        "i-1 2026-04-10 100.00\ni-2 2026-04-10 100.00",
        "i-1 1 u 100.00\ni-2 1 w 10.00",
        "d-1 u 2026-05-09 . 30 . delivered\nd-2 w 2026-05-09 . 30 . delivered",
        {"opening_balance": "110.00", "billings": "0.00", "revenue": "60.00", "change_in_contract_assets": "20.00",
         "fx": "0.00", "closing_balance": "70.00", "revenue_from_opening_balance": "40.00"},
        {"opening_balance": "0.00", "revenue": "60.00", "billings": "0.00", "change_in_contract_liabilities": "-40.00",
         "fx": "0.00", "closing_balance": "20.00"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ROLLED)
def test_roll_forwards(tmp_path: Path, case: str) -> None:
    invoices, lines, deliveries, deferred, assets = ROLLED[case]
    scope = contract_company(
        tmp_path,
        contracts="c-1\nc-2",
        contract_lines=BY_QUANTITY,
        deliveries=deliveries,
        invoices=invoices,
        invoice_lines=lines,
    )
    assert amounts(deferred_revenue_roll_forward(scope)) == deferred
    assert amounts(contract_asset_roll_forward(scope)) == assets
    assert_rolls(scope)


def test_golden_8_a_credit_note_beyond_what_was_recognised(tmp_path: Path) -> None:
    """20,000.00 billed, 18,854.18 recognised, credit note of 19,500.00.

    Read as two lines of one contract: one is finished at 18,854.18, the other, of 1,145.82, is not begun. The credit note takes
    the first back whole and 645.82 of the second, as cumulative changes of the lines' prices (ASC 606-10-25-13b). Revenue is
    reversed by 18,854.18 and deferred revenue by 645.82; 500.00 stay deferred.
    """
    tables = {
        "contract_lines": """
            done c-1 work subscription ratable_daily . . . . 18854.18 2026-01-01 2026-03-31
            open c-1 work subscription ratable_daily . . . . 1145.82  2026-07-01 2026-12-31
        """,
        "invoices": "i-1 2026-01-02 20000.00\ni-2 2026-05-15 -19500.00 credit_memo",
        "invoice_lines": "i-1 1 done 18854.18\ni-1 2 open 1145.82\ni-2 1 done -18854.18\ni-2 2 open -645.82",
        "contract_changes": "done 2026-05-15 -18854.18 cumulative\nopen 2026-05-15 -645.82 cumulative",
    }
    scope = contract_company(tmp_path, **tables)
    assert amounts(revenue_to_ledger(scope), "revenue") == {"revenue": "-18854.18"}
    roll = deferred_revenue_roll_forward(scope)
    assert amounts(roll, "opening_balance", "billings", "closing_balance") == {
        "opening_balance": "1145.82",
        "billings": "-19500.00",
        "closing_balance": "500.00",
    }
    assert roll.opening_balance.money - roll.closing_balance.money == Decimal("645.82")
    assert_rolls(scope)


def test_golden_18_cost_to_cost_with_materials_at_cost(tmp_path: Path) -> None:
    """25 % × 15.0 m + 2.0 m of the materials at cost; billed 6.0 m: revenue 5,750,000, contract liability 250,000."""
    scope = contract_company(
        tmp_path,
        contract_lines="""
            used  c-1 materials milestone on_acceptance . . . . 2000000.00
            later c-1 materials milestone on_acceptance . . . . 1000000.00
            work  c-1 work      fixed_fee cost_to_cost  . . . . 15000000.00 . . . 12000000.00
        """,
        deliveries="d-1 used 2026-05-12 2026-05-15 1 1\nd-2 later 2026-05-12 . 1 . delivered\nd-3 work 2026-05-31 . 1 . "
        "delivered 3000000.00",
        invoices="i-1 2026-05-20 6000000.00",
        invoice_lines="i-1 1 work 6000000.00",
    )
    assert amounts(revenue_to_ledger(scope), "revenue") == {"revenue": "5750000.00"}
    assert amounts(contract_balances_to_ledger(scope), *BALANCES) == {
        "deferred_revenue": "250000.00",
        "unbilled_receivable": "0.00",
    }


def test_golden_11_the_signed_april_is_the_opening_of_may(tmp_path: Path) -> None:
    """Without the signature April's share of the late line is in the opening balance; with it, in May's revenue."""
    scope = contract_company(
        tmp_path,
        contract_lines="new c-1 seat subscription ratable_monthly . . . . 600.00 2026-04-01 2026-09-30",
        invoices="i-1 2026-05-20 600.00",
        invoice_lines="i-1 1 new 600.00",
    )
    wanted = ("opening_balance", "revenue", "closing_balance")
    assert tuple(amounts(contract_asset_roll_forward(scope), *wanted).values()) == ("100.00", "100.00", "0.00")
    sign(tmp_path / "books", ("atlas", "revenue_to_date", "0.00"))
    signed = scope_of(tmp_path / "books", "2026-05")
    assert tuple(amounts(contract_asset_roll_forward(signed), *wanted).values()) == ("0.00", "200.00", "0.00")
    assert amounts(deferred_revenue_roll_forward(signed)) == {
        "opening_balance": "0.00",
        "billings": "600.00",
        "revenue": "200.00",
        "change_in_contract_assets": "0.00",
        "fx": "0.00",
        "closing_balance": "400.00",
        "revenue_from_opening_balance": "0.00",
    }
    assert_rolls(signed)
    assert_rolls(scope_of(tmp_path / "books", "2026-05", "atlas"))


FOREIGN = {
    "programs": "atlas\nborealis",
    "contracts": "c-1 atlas EUR\nc-2 borealis USD",
    "contract_lines": "u c-1 task usage as_delivered 1.00\nw c-2 task usage as_delivered 1.00",
    "deliveries": "d-1 u 2026-04-10 . 100 . delivered\nd-2 u 2026-05-10 . 50 . delivered\nd-3 w 2026-05-10 . 9 . delivered",
    "invoices": "i-1 2026-05-20 30.00 invoice posted EUR\ni-2 2026-04-20 4.00 invoice posted USD borealis",
    "invoice_lines": "i-1 1 u 30.00\ni-2 1 w 4.00",
    "fx_rates": """EUR 2026-04-10 1.00
                   EUR 2026-04-30 1.10
                   EUR 2026-05-10 1.20
                   EUR 2026-05-20 1.25
                   EUR 2026-05-31 1.30""",
}


def test_a_foreign_contract_rolls_with_both_rates(tmp_path: Path) -> None:
    """100 EUR at 1.10 + 50 at 1.20 − 30 at 1.25 and 16.00 of rates = 120 EUR at 1.30 = 156.00; the other contract is USD."""
    scope = contract_company(tmp_path, **FOREIGN)
    roll = contract_asset_roll_forward(scope)
    assert amounts(roll) == {
        "opening_balance": "110.00",
        "revenue": "69.00",
        "billings": "37.50",
        "change_in_contract_liabilities": "-4.00",
        "fx": "23.50",
        "closing_balance": "161.00",
    }
    assert_rolls(scope)
    assert roll.fx.population is not None
    (row,) = roll.fx.population.rows().itertuples()
    shown = dict(row.shown)
    assert {
        key: Decimal(shown[key]) for key in ("opening_rate", "closing_rate", "opening_position", "closing_position")
    } == {
        "opening_rate": Decimal("1.10"),
        "closing_rate": Decimal("1.30"),
        "opening_position": Decimal(100),
        "closing_position": Decimal(120),
    }


def test_a_foreign_catch_up_is_revenue_not_an_exchange_rate_difference(tmp_path: Path) -> None:
    scope = contract_company(tmp_path, **FOREIGN)
    before = contract_asset_roll_forward(scope)
    sign(tmp_path / "books", ("atlas", "revenue_to_date", "80.00"), ("atlas", "revenue_to_date:u", "80.00"))
    after = contract_asset_roll_forward(scope_of(tmp_path / "books", "2026-05"))
    assert after.revenue.money - before.revenue.money == 20
    assert before.opening_balance.money - after.opening_balance.money == 20
    assert after.fx.money == before.fx.money
    assert rolled_contracts(after) == after.closing_balance.money == before.closing_balance.money


@pytest.mark.parametrize("lacking", ["2026-04-30", "2026-05-20", "2026-05-31"])
def test_a_missing_rate_is_named_and_the_other_program_finishes(tmp_path: Path, lacking: str) -> None:
    scope = contract_company(tmp_path, **{**FOREIGN, "fx_rates": FOREIGN["fx_rates"].replace(lacking, "2020-01-01")})
    with pytest.raises(BooksError) as raised:
        contract_balances_to_ledger(scope)
    assert [fault.where for fault in raised.value.faults] == [f"fx_rates, EUR, {lacking}"]
    assert_rolls(scope_of(tmp_path / "books", "2026-05", "borealis"))
