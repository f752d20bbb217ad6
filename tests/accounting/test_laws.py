"""Laws of the receivables procedures, over companies that hypothesis makes up. LAW_EXAMPLES says how many."""

import os
import random
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.accounting import (
    aging,
    aging_and_collections,
    bridged_balance,
    columns_total,
    receivables_roll_forward,
    receivables_to_ledger,
    rolled_balance,
)
from close_library.accounting.receivables.roll_receivables import FORMULA
from close_library.evidence import Scope
from tests.ledgers import Company, amounts, found, scope_of, small_company

PROGRAMS = ("atlas", "borealis")
CENTS = st.integers(1, 100_000).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(0, 110).map(lambda days: date(2025, 12, 20) + timedelta(days))
FEW = settings(max_examples=int(os.environ.get("LAW_EXAMPLES", "3")))


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Two programs, three customers, USD and EUR; receipts, applications with discounts, and a ledger with gaps."""
    invoices, receipts, applications, ledger = [], [], [], []
    for n in range(draw(st.integers(1, 6))):
        program, customer, currency = (
            draw(st.sampled_from(PROGRAMS)),
            draw(st.sampled_from("abc")),
            draw(st.sampled_from(["USD", "EUR"])),
        )
        issued, amount, memo = draw(DAYS), draw(CENTS), draw(st.booleans()) and n > 2
        kind, signed = ("credit_memo", -amount) if memo else ("invoice", amount)
        due = draw(st.sampled_from([".", str(issued + timedelta(15)), str(issued + timedelta(45))]))
        status = draw(st.sampled_from(["posted", "posted", "posted", "void", "draft"]))
        invoices.append(f"i{n} {kind} {program} {customer} {currency} {issued} {due} {signed} {status}")
        if draw(st.booleans()):
            ledger.append(f"i{n} {program} {issued + timedelta(draw(st.sampled_from([0, 0, 20])))} {signed}")
    for n in range(draw(st.integers(0, 4))):
        customer, currency, received, amount = (
            draw(st.sampled_from("abc")),
            draw(st.sampled_from(["USD", "EUR"])),
            draw(DAYS),
            draw(CENTS),
        )
        receipts.append(f"r{n} {customer} {currency} {received} {amount}")
        ledger.append(f"r{n} {draw(st.sampled_from([*PROGRAMS, '.']))} {received} {-amount}")
    for n in range(draw(st.integers(0, 6)) if receipts else 0):
        invoice, receipt = draw(st.integers(0, len(invoices) - 1)), draw(st.integers(0, len(receipts) - 1))
        if invoices[invoice].split()[4] == receipts[receipt].split()[2]:
            applications.append(
                f"x{n} r{receipt} i{invoice} {draw(DAYS)} {draw(CENTS)} {draw(st.sampled_from(['.', '1.25']))}"
            )
    rates = [f"EUR {date(2025, 12, 1) + timedelta(n)} {Decimal(105 + n % 17) / 100}" for n in range(150)]
    return Company(
        {
            "programs|program_id customer_id": ["atlas a", "borealis b"],
            "fx_rates|currency rate_date rate": rates,
            "invoices|invoice_id document_type program_id customer_id currency invoice_date due_date "
            "total_amount status": invoices,
            "cash_receipts|receipt_id customer_id currency receipt_date amount": receipts,
            "cash_applications|application_id receipt_id invoice_id application_date amount discount_amount": applications,
            "gl_entries|document_number program_id effective_date amount": ledger,
        }
    )


def all_scopes(folder: Path, company: Company, period: str) -> list[Scope]:
    """The company's scope first, then the programs'."""
    return [small_company(folder, company.text(), period), *(scope_of(folder / "books", period, p) for p in PROGRAMS)]


@FEW
@given(companies())
def test_everything_foots(company: Company) -> None:
    """The roll-forward rolls, the bridge explains everything, the aging adds up, each figure is the sum of its rows."""
    with tempfile.TemporaryDirectory() as folder:
        for scope in all_scopes(Path(folder), company, "2026-02"):
            roll, bridge, aged = receivables_roll_forward(scope), receivables_to_ledger(scope), aging(scope)
            assert rolled_balance(roll) == roll.closing_balance.money == aged.total.money == bridge.ar_subledger.money
            assert columns_total(aged) == aged.total.money
            assert bridged_balance(bridge) == bridge.ar_general_ledger.money
            assert bridge.unexplained.money == 0
            for figure in (f for result in (roll, bridge, aged) for f in result.figures.values()):
                assert figure.population is not None
                assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id


@FEW
@given(companies())
def test_january_to_march_is_the_sum_of_its_months(company: Company) -> None:
    """Each month opens where the one before closed, so the movements of three months lead from January to March."""
    with tempfile.TemporaryDirectory() as folder:
        small_company(Path(folder), company.text())
        for program in ("_company", *PROGRAMS):
            rolls = [
                receivables_roll_forward(scope_of(Path(folder) / "books", f"2026-0{n}", program)) for n in (1, 2, 3)
            ]
            for before, after in pairwise(rolls):
                assert before.closing_balance.money == after.opening_balance.money
            moved = sum(sign * roll.figures[id].money for roll in rolls for id, sign in FORMULA[1:])
            assert rolls[0].opening_balance.money + moved == rolls[2].closing_balance.money


@FEW
@given(companies())
def test_the_company_is_its_programs_and_what_belongs_to_none(company: Company) -> None:
    """What belongs to none are the unapplied rests of the customer without a program, so the rest has no invoices."""
    with tempfile.TemporaryDirectory() as folder:
        whole, *parts = (receivables_roll_forward(scope) for scope in all_scopes(Path(folder), company, "2026-02"))
        for id in ("invoices", "credit_memos", "discounts", "write_offs"):
            assert whole.figures[id].money == sum(part.figures[id].money for part in parts)
        nobody = whole.closing_balance.money - sum(part.closing_balance.money for part in parts)
        aged = [aging(scope) for scope in all_scopes(Path(folder), company, "2026-02")]
        assert nobody == aged[0].unapplied_cash.money - sum(part.unapplied_cash.money for part in aged[1:])


@FEW
@given(companies(), st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing_but_addresses(company: Company, seed: int) -> None:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        shuffled = Company(company.rows).text(random.Random(seed))
        one, other = (
            small_company(Path(first), company.text(), "2026-02"),
            small_company(Path(second), shuffled, "2026-02"),
        )
        for procedure in (receivables_to_ledger, receivables_roll_forward, aging_and_collections):
            left, right = procedure(one), procedure(other)
            assert amounts(left) == amounts(right)
            assert found(left) == found(right)
            for id, table in left.tables.items():
                assert table.frame.astype(str).equals(right.tables[id].frame.astype(str)), id


@pytest.mark.parametrize("period", ["2025-12", "2026-01"])
def test_a_period_before_all_documents_is_zero(tmp_path: Path, period: str) -> None:
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-05-01    10.00
    """,
        period,
    )
    assert set(amounts(receivables_roll_forward(scope)).values()) == {"0.00"}
