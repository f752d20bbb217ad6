"""A program that sees its share of the books comes to what it comes to when it sees all of them.

Its share: its own rows, those of programs that its documents lead to, and those of no program. LAW_EXAMPLES says how many
companies are made up.
"""

from __future__ import annotations

import csv
import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from close_library import accounting
from close_library.books import Books, seal
from close_library.errors import CloseError
from close_library.evidence import Result, Scope
from close_library.parameters import read_parameters
from close_library.period import Period
from close_library.run.close import CloseResult
from tests.accounting.vendors import VENDOR_ACCOUNTS
from tests.conftest import PROJECT, Sample
from tests.ledgers import Folder
from tests.ledgers import settings as parameters

pytestmark = pytest.mark.slow

FEW = settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "2")),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a smaller seed is no smaller company
)

PROCEDURES: dict[str, tuple[Callable[[Scope], Result], ...]] = {
    "20": (accounting.receivables_to_ledger, accounting.aging),
    "22": (accounting.contract_balances_to_ledger,),
    "23": (accounting.revenue_to_ledger, accounting.revenue_recognition),
    "24": (accounting.vendor_payables_to_ledger,),
    "30": (accounting.receivables_roll_forward,),
    "31": (accounting.deferred_revenue_roll_forward, accounting.contract_asset_roll_forward),
    "50": (accounting.purchase_order_trace, accounting.walk_through),
    "51": (accounting.purchase_order_burn,),
    "60": (accounting.revenue_recognition, accounting.revenue_schedule),
    "70": (accounting.aging_and_collections,),
    "71": (accounting.invoice_review, accounting.review_drafts),
    "72": (accounting.vendor_work_review,),
}
"""Workpaper → what it asks for a program."""


def declared(ref: str) -> list[str]:
    """The tables that a workpaper declares."""
    notebook = next((PROJECT / "notebooks").glob(f"{ref}_*.ipynb"))
    close = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["close"]
    return [*close["tables"], *close["optional_tables"]]


def came_to(
    books: Path, ref: str, program: str, settings: Any, period: str, *, owner: str
) -> Iterator[tuple[str, Any]]:
    """Everything that a workpaper's procedures come to, or how they refuse."""
    with closing(Books.open(books, declared(ref), owner=owner, ref=ref, threads=2)) as opened:
        scope = Scope(opened, settings, program, Period.parse(period))
        for procedure in PROCEDURES[ref]:
            name = f"{ref} {procedure.__name__}"
            try:
                result = procedure(scope)
            except CloseError as error:
                yield name, str(error)
                continue
            yield f"{name} findings", [(f.finding, f.amount, dict(f.keys), f.message) for f in result.findings]
            for id, table in result.tables.items():
                yield f"{name} {id}", table.frame.to_dict("records")
            for id, figure in result.figures.items():
                rows = figure.population.rows().to_dict("records") if figure.population else []
                yield f"{name} {id}", (figure.amount, sorted(map(str, rows)))


def assert_same(books: Path, ref: str, program: str, settings: Any, period: str) -> None:
    """Whoever sees only the share of the program comes to the same."""
    whole = dict(came_to(books, ref, program, settings, period, owner="_company"))
    share = dict(came_to(books, ref, program, settings, period, owner=program))
    for name, expected in whole.items():
        assert share[name] == expected, f"{name} of {program}"


@pytest.mark.parametrize("ref", PROCEDURES)
def test_the_sample_company(ref: str, closed: CloseResult, sample: Sample) -> None:
    """Also draco and equinox, which share a customer, its cash and a journal."""
    books, period = closed.prepared.folder / "books", closed.prepared.period
    document = json.loads((books / "parameters.json").read_text(encoding="utf-8"))
    for program in ("atlas", "equinox", "gaia"):
        assert_same(books, ref, program, read_parameters(document, program), str(period))


@FEW
@given(st.integers(0, 10**9))
def test_made_up_companies_whose_documents_cross_programs(seed: int) -> None:
    """Orders, contracts, cash and ledger lines of other programs, of none, and of unknown ones."""
    with tempfile.TemporaryDirectory() as name:
        folder, chance = Path(name), random.Random(seed)
        write_company(folder / "tables", chance)
        seal(folder / "books", [Folder(folder / "tables")])
        settings = parameters(accounts=VENDOR_ACCOUNTS)
        for program in PROGRAMS:
            for ref in chance.sample(list(PROCEDURES), 4):
                assert_same(folder / "books", ref, program, settings, "2026-05")


PROGRAMS = ("atlas", "borealis", "cygnus")

HEADERS = {
    "programs": "program_id program_name customer_id",
    "customers": "customer_id customer_name currency payment_terms_days",
    "contracts": "contract_id program_id customer_id start_date currency",
    "contract_lines": "contract_line_id contract_id product billing_model "
    "unit_price amount service_start service_end recognition",
    "contract_changes": "contract_line_id change_date amount_change",
    "purchase_orders": "po_number program_id customer_id contract_id issue_date currency authorized_amount status",
    "po_amendments": "po_number amendment_number amendment_date amount_change",
    "deliveries": "delivery_id program_id contract_line_id po_number delivery_date accepted_date quantity_delivered "
    "quantity_accepted status",
    "invoices": "invoice_id invoice_number document_type program_id customer_id contract_id po_number invoice_date due_date "
    "currency total_amount status",
    "invoice_lines": "invoice_id line_number contract_line_id quantity unit_price amount delivery_id",
    "cash_receipts": "receipt_id customer_id receipt_date currency amount reference",
    "cash_applications": "application_id receipt_id credit_memo_id invoice_id application_date amount discount_amount",
    "disputes": "dispute_id invoice_id opened_date amount status",
    "gl_entries": "journal_id line_number effective_date period account amount document_number program_id",
    "account_balances": "account period opening_balance closing_balance",
    "vendors": "vendor_id vendor_name vendor_type currency",
    "vendor_rates": "vendor_id program_id work_type rate_type rate_from unit rate",
    "vendor_work": "work_id vendor_id program_id work_type "
    "work_date quantity approved_quantity approved_by approved_date",
    "vendor_invoices": "vendor_invoice_id vendor_id program_id vendor_invoice_number invoice_date service_period amount currency "
    "status",
    "vendor_invoice_lines": "vendor_invoice_id line_number work_id work_type quantity rate amount",
    "vendor_payments": "vendor_payment_id vendor_id vendor_invoice_id payment_date amount currency reference",
}
MODELS = (
    ("usage", "10.00", "", "as_delivered"),
    ("fixed_fee", "", "600.00", "ratable_daily"),
    ("milestone", "", "600.00", "on_acceptance"),
)


class Maker:
    """Makes up the rows of a company: mostly of one program at a time, now and then naming another's document."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.stray = chance.choice((0.01, 0.03, 0.1))
        self.rows: dict[str, list[tuple[str, ...]]] = {name: [] for name in HEADERS}

    def add(self, table: str, *cells: str) -> None:
        self.rows[table].append(cells)

    def near(self, kind: str, program: str, count: int = 3) -> str:
        """The id of something, mostly of the program's own."""
        strays = self.chance.random() < self.stray
        return f"{kind}-{self.pick(*PROGRAMS, 'nobody') if strays else program}-{self.chance.randrange(count)}"

    def owner(self, program: str) -> str:
        return self.pick("unknown", *PROGRAMS) if self.chance.random() < self.stray / 2 else program

    def customer(self, program: str) -> str:
        return "shared" if self.chance.random() < self.stray else f"customer-{program}"

    def pick(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def day(self) -> str:
        return f"2026-0{self.chance.randint(3, 5)}-{self.chance.randint(1, 28):02}"

    def money(self) -> str:
        return self.pick("100.00", "250.00", "80.50", "1000.00")

    def terms(self, program: str) -> None:
        """Contracts, orders, rates: what work and billing are measured against."""
        self.add("programs", program, program, self.pick(f"customer-{program}", "shared"))
        self.add("customers", f"customer-{program}", program, "USD", "30")
        for n in range(2):
            self.add("vendors", f"v-{program}-{n}", "Rater", "rater", "USD" if n else "")
            self.add("contracts", f"c-{program}-{n}", self.owner(program), self.customer(program), "2026-01-01", "USD")
            self.add("purchase_orders", f"po-{program}-{n}", self.owner(program), self.customer(program),
                     self.near("c", program, 2), "2026-01-01", "USD", self.money(), "open")  # fmt: skip
        for n, (model, price, amount, recognition) in enumerate(MODELS):
            self.add("contract_lines", f"l-{program}-{n}", self.near("c", program, 2), "work", model, price, amount,
                     "2026-03-01", "2026-08-31", recognition)  # fmt: skip
        self.add("contract_changes", self.near("l", program), self.day(), "60.00")
        self.add("po_amendments", self.near("po", program, 2), program, self.day(), "50.00")
        self.add("vendor_rates", "", program, "label", "base", "2026-01-01", "item", "1.00")

    def business(self, program: str, n: int) -> None:
        """One of each document."""
        near, owner, day, money, pick = self.near, self.owner, self.day, self.money, self.pick
        line = str(len(self.rows["gl_entries"]))
        customer, sign = self.customer(program), "" if n else "-"
        self.add("deliveries", near("d", program), owner(program), near("l", program), near("po", program, 2), day(), day(),
                 "10", "10", "accepted")  # fmt: skip
        self.add("invoices", near("i", program), near("n", program), "invoice" if n else "credit_memo", owner(program), customer,
                 pick("", near("c", program, 2)), pick("", near("po", program, 2)), day(), "2026-05-10", "USD", sign + money(),
                 pick("posted", "posted", "draft"))  # fmt: skip
        self.add(
            "invoice_lines", near("i", program), str(n), near("l", program), "10", "10.00", money(), near("d", program)
        )
        self.add("cash_receipts", f"r-{program}-{n}", customer, day(), "USD", sign + money(), pick("", "ref"))
        self.add("cash_applications", f"a-{program}-{n}", near("r", program) if n else "", "" if n else near("i", program, 1),
                 near("i", program).replace("-0", "-1"), day(), money(), pick("", "5.00"))  # fmt: skip
        self.add("disputes", f"x-{program}-{n}", near("i", program), day(), "5.00", "open")
        self.add("gl_entries", near("j", program), line, day(), "2026-05",
                 pick("1200", "2400", "4000", "2000"), money(), near(pick("n", "r", "a"), program),
                 pick("", owner(program)))  # fmt: skip
        self.add(
            "vendor_work",
            near("w", program),
            near("v", program, 2),
            owner(program),
            "label",
            day(),
            "10",
            "10",
            "pat",
            day(),
        )
        self.add("vendor_invoices", f"vi-{program}-{n}", near("v", program, 2), owner(program), near("vn", program), day(),
                 pick("", "2026-05"), money(), "USD", pick("approved", "received"))  # fmt: skip
        self.add(
            "vendor_invoice_lines", near("vi", program), str(n), near("w", program), "label", "10", "1.00", money()
        )
        self.add("vendor_payments", f"vp-{program}-{n}", near("v", program, 2), near("vi", program), day(), money(), "USD",
                 pick("", "ref"))  # fmt: skip


def write_company(folder: Path, chance: random.Random) -> None:
    """A small company of three programs whose documents name each other, and now and then one of another program."""
    maker = Maker(chance)
    maker.add("customers", "shared", "shared", "USD", "30")
    for account in ("1200", "2400"):
        maker.add("account_balances", account, "2026-03", "0.00", "0.00")
    for program in PROGRAMS:
        maker.terms(program)
        for n in range(3):
            maker.business(program, n)
    folder.mkdir(parents=True)
    for name, rows in maker.rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADERS[name].split())
            writer.writerows(rows)
