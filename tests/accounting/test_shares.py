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
from hypothesis import HealthCheck, Phase, given, settings
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

FEW = settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "2")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
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


def came_to(books: Path, ref: str, program: str, settings: Any, period: str, *, owner: str) -> Iterator[tuple[str, Any]]:
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


def write_company(folder: Path, chance: random.Random) -> None:
    """A small company of three programs whose documents name each other, and now and then one of another program."""
    folder.mkdir(parents=True)
    stray = chance.choice((0.01, 0.03, 0.1))

    def near(kind: str, program: str, count: int = 3) -> str:
        """The id of something, mostly of the program's own."""
        of = chance.choice((*PROGRAMS, "nobody")) if chance.random() < stray else program
        return f"{kind}-{of}-{chance.randrange(count)}"

    def owner(program: str) -> str:
        return chance.choice(("unknown", *PROGRAMS)) if chance.random() < stray / 2 else program

    def customer(program: str) -> str:
        return "shared" if chance.random() < stray else f"customer-{program}"

    def day() -> str:
        return f"2026-0{chance.randint(3, 5)}-{chance.randint(1, 28):02}"

    def money() -> str:
        return f"{chance.choice((100, 250, 80.5, 1000)):.2f}"

    tables: dict[str, list[dict[str, str]]] = {name: [] for name in (
        "programs", "customers", "contracts", "contract_lines", "contract_changes", "purchase_orders", "po_amendments",
        "deliveries", "invoices", "invoice_lines", "cash_receipts", "cash_applications", "disputes", "gl_entries",
        "account_balances", "vendors", "vendor_rates", "vendor_work", "vendor_invoices", "vendor_invoice_lines",
        "vendor_payments")}  # fmt: skip
    customers = ["shared", *(f"customer-{program}" for program in PROGRAMS)]
    tables["customers"] = [{"customer_id": id, "customer_name": id, "currency": "USD", "payment_terms_days": "30"} for id in customers]
    tables["vendors"] = [
        {"vendor_id": f"v-{program}-{n}", "vendor_name": "Rater", "vendor_type": "rater", "currency": "USD" if n else ""}
        for program in PROGRAMS
        for n in range(2)
    ]
    tables["account_balances"] = [
        {"account": account, "period": "2026-03", "opening_balance": "0.00", "closing_balance": "0.00"} for account in ("1200", "2400")
    ]
    for program in PROGRAMS:
        tables["programs"].append({"program_id": program, "program_name": program, "customer_id": chance.choice((f"customer-{program}", "shared"))})
        for n in range(2):
            tables["contracts"].append({"contract_id": f"c-{program}-{n}", "program_id": owner(program), "customer_id": customer(program), "start_date": "2026-01-01", "currency": "USD"})
            tables["purchase_orders"].append({"po_number": f"po-{program}-{n}", "program_id": owner(program), "customer_id": customer(program), "contract_id": near("c", program, 2), "issue_date": "2026-01-01", "currency": "USD", "authorized_amount": money(), "status": "open"})
        for n in range(3):
            tables["contract_lines"].append({"contract_line_id": f"l-{program}-{n}", "contract_id": near("c", program, 2), "product": "work", "billing_model": ("usage", "fixed_fee", "milestone")[n], "unit_price": "10.00" if not n else "", "amount": "" if not n else "600.00", "service_start": "2026-03-01", "service_end": "2026-08-31", "recognition": ("as_delivered", "ratable_daily", "on_acceptance")[n], "tier_from": ""})
            tables["deliveries"].append({"delivery_id": near("d", program), "program_id": owner(program), "contract_line_id": near("l", program), "po_number": near("po", program, 2), "delivery_date": day(), "accepted_date": day(), "quantity_delivered": "10", "quantity_accepted": "10", "status": "accepted"})
            invoice = f"i-{program}-{n}"
            tables["invoices"].append({"invoice_id": near("i", program) if chance.random() < stray else invoice, "invoice_number": near("n", program), "document_type": "invoice" if n else "credit_memo", "program_id": owner(program), "customer_id": customer(program), "contract_id": chance.choice(("", near("c", program, 2))), "po_number": chance.choice(("", near("po", program, 2))), "invoice_date": day(), "due_date": "2026-05-10", "currency": "USD", "total_amount": money() if n else f"-{money()}", "tax_amount": "", "status": chance.choice(("posted", "posted", "draft"))})
            tables["invoice_lines"].append({"invoice_id": near("i", program), "line_number": str(n + 1), "contract_line_id": near("l", program), "quantity": "10", "unit_price": "10.00", "amount": money(), "delivery_id": near("d", program)})
            tables["cash_receipts"].append({"receipt_id": f"r-{program}-{n}", "customer_id": customer(program), "receipt_date": day(), "currency": "USD", "amount": money() if n else f"-{money()}", "reference": chance.choice(("", "ref"))})
            tables["cash_applications"].append({"application_id": f"a-{program}-{n}", "receipt_id": near("r", program) if n else "", "credit_memo_id": "" if n else near("i", program, 1), "invoice_id": near("i", program).replace("-0", "-1"), "application_date": day(), "amount": money(), "discount_amount": chance.choice(("", "5.00"))})
            tables["vendor_work"].append({"work_id": near("w", program), "vendor_id": near("v", program, 2), "program_id": owner(program), "work_type": "label", "work_date": day(), "quantity": "10", "approved_quantity": "10", "approved_by": "pat", "approved_date": day()})
            tables["vendor_invoices"].append({"vendor_invoice_id": f"vi-{program}-{n}", "vendor_id": near("v", program, 2), "program_id": owner(program), "vendor_invoice_number": near("vn", program), "invoice_date": day(), "service_period": chance.choice(("", "2026-05")), "amount": money(), "currency": "USD", "status": chance.choice(("approved", "received"))})
            tables["vendor_invoice_lines"].append({"vendor_invoice_id": near("vi", program), "line_number": str(n), "work_id": near("w", program), "work_type": "label", "quantity": "10", "rate": "1.00", "amount": money()})
            tables["vendor_payments"].append({"vendor_payment_id": f"vp-{program}-{n}", "vendor_id": near("v", program, 2), "vendor_invoice_id": near("vi", program), "payment_date": day(), "amount": money(), "currency": "USD", "reference": chance.choice(("", "ref"))})
            tables["gl_entries"].append({"journal_id": near("j", program), "line_number": str(len(tables["gl_entries"])), "effective_date": day(), "period": "2026-05", "account": chance.choice(("1200", "2400", "4000", "2000")), "amount": money(), "document_number": near(chance.choice(("n", "r", "a")), program), "program_id": chance.choice(("", owner(program)))})
        tables["contract_changes"].append({"contract_line_id": near("l", program), "change_date": day(), "amount_change": "60.00", "treatment": ""})
        tables["po_amendments"].append({"po_number": near("po", program, 2), "amendment_number": program, "amendment_date": day(), "amount_change": "50.00", "new_end_date": ""})
        tables["disputes"].append({"dispute_id": program, "invoice_id": near("i", program), "opened_date": day(), "amount": "5.00", "status": "open"})
        tables["vendor_rates"].append({"vendor_id": "", "program_id": program, "work_type": "label", "rate_type": "base", "rate_from": "2026-01-01", "unit": "item", "rate": "1.00"})
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
