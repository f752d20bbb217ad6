"""Laws of the vendor workpapers, over companies that hypothesis makes up. LAW_EXAMPLES says how many."""

import os
import random
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.accounting import (
    reviewed_total,
    rolled_accrual,
    vendor_payables_to_ledger,
    vendor_work_review,
)
from close_library.accounting.schedules import owed_work
from close_library.accounting.vendors.vendor_payables import LABELS
from close_library.evidence import Scope
from close_library.money import EXACT, round_half_up
from tests.accounting.vendors import same_books, vendor_company
from tests.ledgers import amounts, found

PROGRAMS = ("atlas", "borealis")
VENDORS = ("v-1", "v-2")
PERIODS = ("2026-04", "2026-05", "2026-06")
FIRST = date(2026, 4, 1)
DAYS = st.integers(0, 90).map(lambda days: FIRST + timedelta(days))
CENTS = st.integers(1, 100_000).map(lambda cents: Decimal(cents) / 100)
FEW = settings(max_examples=int(os.environ.get("LAW_EXAMPLES", "2")))


@dataclass(frozen=True)
class Company:
    """The rows of a made-up company by table."""

    rows: dict[str, list[str]]

    def open(self, folder: Path, period: str, order: random.Random | None = None) -> Scope:
        """The company's scope over its sealed tables, their rows shuffled when asked."""
        rows = {name: order.sample(lines, len(lines)) if order else lines for name, lines in self.rows.items()}
        return vendor_company(folder, period, **{name: "\n".join(lines) for name, lines in rows.items()})


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Two programs, two vendors, rates that begin and end, work approved or not, invoices of every status, payments."""
    keys, work, invoices, lines, payments = {}, [], [], [], []
    for _ in range(draw(st.integers(1, 8))):
        kind, vendor = draw(st.sampled_from(["base", "bonus", "incentive"])), draw(st.sampled_from([".", *VENDORS]))
        start, rate, program = draw(DAYS), draw(st.integers(1, 999_999)), draw(st.sampled_from(PROGRAMS))
        ends = draw(st.sampled_from([".", str(start), str(start + timedelta(30))]))
        keys[kind, start, vendor, program] = f"{kind} 0.{rate:06d} {start} {ends} {vendor} label {program}"
    for n in range(draw(st.integers(1, 8))):
        approved = draw(st.sampled_from(["pat 2026-05-15", "pat 2026-05-15", "pat .", ". ."]))
        vendor, program = draw(st.sampled_from(VENDORS)), draw(st.sampled_from([*PROGRAMS, "."]))
        work.append(
            f"w-{n} {draw(DAYS)} {draw(st.integers(1, 5000))} {approved} {vendor} label {program.replace('.', 'lost')}"
        )
    for n in range(draw(st.integers(1, 6))):
        status = draw(st.sampled_from(["received", "approved", "paid", "void"]))
        vendor, program = draw(st.sampled_from(VENDORS)), draw(st.sampled_from(PROGRAMS))
        parts = draw(st.lists(st.tuples(CENTS, st.integers(0, 9)), max_size=4))
        invoices.append(
            f"i-{n} {draw(DAYS)} {sum((part[0] for part in parts), Decimal(0))} {status} {vendor} {program}"
        )
        for line, (amount, named) in enumerate(parts, start=1):
            lines.append(f"i-{n} {line} {amount} {'.' if named > 7 else f'w-{named}'} {draw(st.integers(1, 5000))} 0.5")
    for n in range(draw(st.integers(0, 4))):
        paid = draw(st.sampled_from([".", *(f"i-{k}" for k in range(len(invoices)))]))
        payments.append(
            f"p-{n} {draw(DAYS)} {draw(CENTS)} {paid} R-{draw(st.integers(1, 2))} {draw(st.sampled_from(VENDORS))}"
        )
    return Company(
        {
            "programs": list(PROGRAMS),
            "vendor_rates": list(keys.values()),
            "vendor_work": work,
            "vendor_invoices": invoices,
            "vendor_invoice_lines": lines,
            "vendor_payments": payments,
        }
    )


@FEW
@given(companies())
def test_everything_foots_and_the_company_is_its_programs_and_the_rest(company: Company) -> None:
    """Each figure is the sum of its rows; accrual and payable roll; by program and by vendor give the same totals."""
    with tempfile.TemporaryDirectory() as folder:
        scope, payable = company.open(Path(folder), PERIODS[0]), Decimal(0)
        for period in PERIODS:
            at = same_books(scope, period)
            result = vendor_payables_to_ledger(at)
            for figure in result.figures.values():
                assert figure.population is not None
                assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id
            assert rolled_accrual(at) == result.vendor_accrual.money
            payable += result.vendor_invoiced.money - result.vendor_paid.money
            assert result.vendor_payable.money == payable
            for schedule in ("24.2", "24.3"):
                *parts, total = result.tables[schedule].frame.to_dict("records")
                for id in LABELS:
                    assert total[id] == result.figures[id].money == sum((part[id] for part in parts), Decimal(0)), (
                        schedule,
                        id,
                    )
            by_program = {row["program"]: row for row in result.tables["24.2"].frame.to_dict("records")}
            for program in set(by_program) & set(PROGRAMS):
                own = vendor_payables_to_ledger(same_books(scope, period, program))
                assert all(own.figures[id].money == by_program[program][id] for id in LABELS), program


@FEW
@given(companies())
def test_the_review_sees_every_line_of_the_invoices_that_count(company: Company) -> None:
    """Owed + difference = billed; the lines reviewed are those of 24; every row of work is owed at most once over all periods."""
    with tempfile.TemporaryDirectory() as folder:
        scope, owed = company.open(Path(folder), PERIODS[0]), Decimal(0)
        for period in PERIODS:
            for program in PROGRAMS:
                at = same_books(scope, period, program)
                review = vendor_work_review(at)
                assert review.owed.money + review.difference.money == review.billed.money
                assert reviewed_total(review) == vendor_payables_to_ledger(at).vendor_invoiced.money
                owed += review.owed.money
        every = scope.books.sql(f"SELECT coalesce(sum(owed), 0) AS owed FROM {owed_work(scope)}").to_pylist()[0]["owed"]
        assert owed <= every


@FEW
@given(companies())
def test_owed_is_approved_quantity_times_the_rates_in_force(company: Company) -> None:
    """Worked a second time in Python, row by row, straight from what was written."""
    with tempfile.TemporaryDirectory() as folder:
        scope = company.open(Path(folder), "2026-06")
        rows = scope.books.sql(f"SELECT work_id, owed FROM {owed_work(scope)}").to_pylist()
    written = {line.split()[0]: line.split() for line in company.rows["vendor_work"]}
    for row in rows:
        _, day, quantity, approver, approved, vendor, kind, program = written[row["work_id"]]
        rate = _rate(company.rows["vendor_rates"], vendor, program, kind, day)
        worth = round_half_up(EXACT.multiply(Decimal(quantity), rate), 2)
        assert row["owed"] == (0 if "." in (approver, approved) else worth), row


def _rate(card: list[str], vendor: str, program: str, kind: str, day: str) -> Decimal:
    """The rates of a card that are in force, as ACCOUNTING.md §6 puts it."""
    in_force = [
        (rate_type, rate, start, whose)
        for rate_type, rate, start, end, whose, of, where in (line.split() for line in card)
        if (of, where) == (kind, program) and whose in (".", vendor) and start <= day and (end == "." or day <= end)
    ]
    bases = sorted((row for row in in_force if row[0] == "base"), key=lambda row: (row[3] != ".", row[2]))
    extras = sum((Decimal(row[1]) for row in in_force if row[0] != "base"), Decimal(0))
    return (Decimal(bases[-1][1]) if bases else Decimal(0)) + extras


@FEW
@given(companies(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(company: Company, order: random.Random) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first, second = company.open(Path(one), "2026-05"), company.open(Path(other), "2026-05", order)
        for procedure in (vendor_payables_to_ledger, vendor_work_review):
            left, right = procedure(first), procedure(second)
            assert amounts(left) == amounts(right)
            assert found(left) == found(right)
