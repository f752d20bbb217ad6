"""Three months of a small company, as two people close them: explain, sign, go on; then an old invoice changes.

January and February are closed and reviewed, and each next month opens with what was signed. In March somebody changes
an invoice of January: exactly the sign-offs of the documents that changed lapse, the explanations of changed figures
are stale and no others, the restatement is shown, and the opening balances still are those that were signed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from close_library.binder.archive import Archive
from close_library.workpaper.document import document_digest
from tests.conftest import PROJECT, Said, Tiny
from tests.ledgers import write_tables

pytestmark = pytest.mark.slow

NOTEBOOKS = ("20_receivables_to_ledger", "30_receivables_roll_forward", "40_flux_profit_and_loss")

BOOKS = """
    customers
    customer_id
    acme

    programs
    program_id  program_name
    atlas       Atlas
    borealis    Borealis

    gl_accounts
    account  account_name  account_type  caption
    1200     Receivables   asset         Receivables
    1000     Cash          asset         Cash
    4000     Revenue       revenue       Revenue

    invoices
    invoice_id  program_id  invoice_date  due_date    total_amount
    A-1         atlas       2026-01-10    2026-02-09  10000.00
    A-2         atlas       2026-02-10    2026-03-12  22000.00
    A-3         atlas       2026-03-10    2026-04-09  23000.00
    B-1         borealis    2026-01-12    2026-02-11  5000.00
    B-2         borealis    2026-02-12    2026-03-14  5100.00
    B-3         borealis    2026-03-12    2026-04-11  5200.00

    cash_receipts
    receipt_id  receipt_date  amount
    R-1         2026-02-20    4000.00

    cash_applications
    application_id  receipt_id  invoice_id  application_date  amount
    P-1             R-1         B-1         2026-02-20        4000.00

    gl_entries
    document_number  line_number  account  program_id  effective_date  amount
    A-1              1            1200     atlas       2026-01-10      9900.00
    A-1              2            4000     atlas       2026-01-10      -9900.00
    A-2              1            1200     atlas       2026-02-10      22000.00
    A-2              2            4000     atlas       2026-02-10      -22000.00
    A-3              1            1200     atlas       2026-03-10      23000.00
    A-3              2            4000     atlas       2026-03-10      -23000.00
    B-1              1            1200     borealis    2026-01-12      4950.00
    B-1              2            4000     borealis    2026-01-12      -4950.00
    B-2              1            1200     borealis    2026-02-12      5100.00
    B-2              2            4000     borealis    2026-02-12      -5100.00
    B-3              1            1200     borealis    2026-03-12      5200.00
    B-3              2            4000     borealis    2026-03-12      -5200.00
    R-1              1            1200     borealis    2026-02-20      -4000.00
    R-1              2            1000     borealis    2026-02-20      4000.00
"""
"""Two invoices of January were booked too low: A-1 by 100.00, B-1 by 50.00. Revenue of atlas jumps in February."""

PARAMETERS = """\
company: tiny
name: Tiny, Inc.
functional_currency: USD
first_period: "2026-01"
sources:
  - {system: tables, path: ../tables}
accounts:
  accounts_receivable: ["1200"]
  revenue: ["4000"]
  cash: ["1000"]
"""
FLUX = "flux_unexplained:4000:atlas:prior_month"


class Company(Tiny):
    """The company of the story, month by month."""

    def document(self, period: str, program: str, ref: str) -> dict[str, Any]:
        [path] = (self.outputs / "tiny" / period / program).glob(f"{ref}_*[!.]*.json")
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return held

    def documents(self, period: str) -> dict[tuple[str, str], dict[str, Any]]:
        paths = (self.outputs / "tiny" / period).glob("*/[0-9]*.json")
        read = [json.loads(path.read_text(encoding="utf-8")) for path in paths if not path.name.startswith(".")]
        return {(each["program"], each["ref"]): each for each in read}

    def amount(self, period: str, program: str, ref: str, figure: str) -> Decimal:
        return Decimal(self.document(period, program, ref)["figures"][figure]["amount"])

    def tie_out(self, period: str, program: str, id: str) -> dict[str, Any]:
        tie_outs = self.document(period, program, id.partition(".")[0])["tie_outs"]
        return next(each for each in tie_outs if each["id"] == id)

    def told(self, command: str, *arguments: str) -> Any:
        said = self.say(command, *arguments, "--json")
        assert said.code == 0, said.err + said.out
        return json.loads(said.out)

    def asked(self, period: str) -> dict[str, tuple[str, str]]:
        """Subject → amount and state of what asks for an explanation or has one, in 20 and 40."""
        listed = self.told("explain", period)["subjects"]
        return {each["subject"]: (each["amount"], each["state"]) for each in listed if "tie_out" not in each["subject"]}

    def states(self, period: str) -> dict[tuple[str, str], str]:
        workpapers = self.told("status", period)["workpapers"]
        return {(each["program"], each["ref"]): each["sign_off"]["state"] for each in workpapers}

    def close_month(self, period: str, explanations: dict[str, str]) -> None:
        """Run, explain, take over what was said before, run again for the flux, and sign by two people."""
        assert self.say("run", period).code == 0
        self.told("explain", period, "--take-over", "--by", "Ana")
        for subject, text in explanations.items():
            self.told("explain", period, subject, text, "--by", "Ana")
        for each in self.told("explain", period)["subjects"]:
            if each["state"] != "current" and each["subject"].startswith("tie_out"):
                place = ["-w", each["ref"], "-p", each["program"]]
                self.told("explain", period, each["subject"], "See the invoices of 20.", *place, "--by", "Ana")
        assert self.say("run", period).code == 0
        for role, by in (("preparer", "Ana"), ("reviewer", "Ben")):
            self.told("sign", period, "--all", "--as", role, "--by", by)


@pytest.fixture
def company(tmp_path: Path, close: Callable[..., Said]) -> Company:
    company = Company(tmp_path, close)
    write_tables(company.tables, BOOKS)
    company.parameters.mkdir()
    (company.parameters / "company.yaml").write_text(PARAMETERS, encoding="utf-8")
    company.notebooks.mkdir()
    for name in NOTEBOOKS:
        shutil.copy(PROJECT / "notebooks" / f"{name}.ipynb", company.notebooks)
    return company


def test_three_months_are_closed_and_an_old_invoice_changes(company: Company) -> None:
    programs = ("_company", "atlas", "borealis")

    # January: two invoices were booked too low.
    company.close_month(
        "2026-01",
        {
            "amount_differs:A-1": "Booked 100.00 too low; to be corrected.",
            "amount_differs:B-1": "Booked 50.00 too low; to be corrected.",
            **dict.fromkeys(_flux_of(company, "2026-01"), "The first month of the books."),
        },
    )
    assert set(company.states("2026-01").values()) == {"reviewed"}
    assert company.amount("2026-01", "atlas", "30", "closing_balance") == Decimal("10000.00")
    items = company.told("items", "2026-01")["items"]
    assert {(each["program"], each["item"], each["amount"]) for each in items} == {
        ("atlas", "20:document:A-1", "-100.00"),
        ("borealis", "20:document:B-1", "-50.00"),
    }

    # February opens with the signed closing; the items age, and what was said of them is suggested.
    assert company.say("run", "2026-02").code == 0
    for program in programs:
        signed = company.amount("2026-01", program, "30", "closing_balance")
        assert company.amount("2026-02", program, "30", "opening_balance") == signed
        assert company.amount("2026-02", program, "30", "restatement") == 0
        assert company.tie_out("2026-02", program, "30.4")["agreed"]
        assert company.tie_out("2026-02", program, "20.4")["agreed"]
    asked = company.asked("2026-02")
    assert asked["amount_differs:A-1"] == ("-100.00", "suggestion")
    assert asked[FLUX] == ("12100.00", "open")
    company.told("explain", "2026-02", FLUX, "A second delivery team began in February.", "--by", "Ana")
    too_early = company.say("sign", "2026-02", "-w", "40", "-p", "atlas", "--as", "preparer", "--by", "Ana")
    assert too_early.code == 2
    assert "something was said since" in too_early.err
    company.close_month("2026-02", {})
    assert set(company.states("2026-02").values()) == {"reviewed"}
    flux = company.document("2026-02", "atlas", "40")
    assert [each["subject"] for each in flux["findings"]] == [], "an explained line is no finding any more"
    ages = {each["item"]: each["age_days"] for each in company.told("items", "2026-02")["items"]}
    assert ages["20:document:A-1"] == 49, "it keeps its first date, 10 January"

    # March is closed as well.
    company.close_month("2026-03", {})
    assert set(company.states("2026-03").values()) == {"reviewed"}
    before = company.documents("2026-03")
    signed = {program: company.amount("2026-02", program, "30", "closing_balance") for program in programs}

    # Then an invoice of January changes.
    invoices = company.tables / "invoices.csv"
    text = invoices.read_text(encoding="utf-8")
    assert text.count("10000.00") == 1
    invoices.write_text(text.replace("10000.00", "10030.00"), encoding="utf-8")
    assert company.say("run", "2026-03").code == 0
    after = company.documents("2026-03")

    # Exactly the sign-offs of the documents that changed lapse.
    changed = {place for place in before if document_digest(before[place]) != document_digest(after[place])}
    assert changed == {(program, ref) for program in ("_company", "atlas") for ref in ("20", "30")}
    states = company.states("2026-03")
    assert {place for place, state in states.items() if state == "lapsed"} == changed
    assert {state for place, state in states.items() if place not in changed} == {"reviewed"}

    # The explanations of changed figures are stale, the others hold.
    asked = company.asked("2026-03")
    assert asked["amount_differs:A-1"] == ("-130.00", "stale")
    assert asked["amount_differs:B-1"] == ("-50.00", "current")

    # The restatement is shown, and the openings still are what was signed.
    for program, restated in (("atlas", "30.00"), ("_company", "30.00"), ("borealis", "0.00")):
        assert company.amount("2026-03", program, "30", "opening_balance") == signed[program]
        assert company.amount("2026-03", program, "30", "restatement") == Decimal(restated)
        assert company.tie_out("2026-03", program, "30.1")["agreed"]
        assert company.tie_out("2026-03", program, "30.4")["agreed"] == (restated == "0.00")
    changes = company.document("2026-03", "atlas", "30")["tables"]["30.2"]
    assert changes["rows"] == [
        ["invoices", "A-1", "changed", "10000.00", "10030.00", "30.00"],
        ["Total", None, None, "10000.00", "10030.00", "30.00"],
    ]
    assert "30.2" not in company.document("2026-03", "borealis", "30")["tables"]
    page = company.outputs / "tiny" / "2026-03" / "atlas" / "30_receivables_roll_forward.html"
    assert "Restatement" in page.read_text(encoding="utf-8")
    assert company.states("2026-02")["atlas", "30"] == "reviewed", "what was signed stays signed"

    # It is looked at, explained and signed again; what did not lapse keeps its signatures.
    company.close_month("2026-03", {"amount_differs:A-1": "Raised by 30.00 in March; booked 130.00 too low now."})
    assert set(company.states("2026-03").values()) == {"reviewed"}
    kinds = [
        (each["kind"], each["program"], each["ref"])
        for each in company.told("history")["events"]
        if each["period"] == "2026-03"
    ]
    assert kinds.count(("reviewed", "borealis", "30")) == 1
    assert kinds.count(("reviewed", "atlas", "30")) == 2
    assert "each as it was written." in company.say("history", "--verify").out

    # Sealed, the month comes out again, with what its opening balance is told from.
    sealed = json.loads(company.say("binder", "2026-03", "--json").out)
    with Archive(Path(sealed["binder"])) as archive:
        assert "period/books/said_populations.parquet" in archive.names
    verified = company.close("verify", sealed["binder"])
    assert verified.code == 0, verified.out + verified.err


def _flux_of(company: Company, period: str) -> list[str]:
    """The flux lines of a month that ask for an explanation."""
    assert company.say("run", period).code == 0
    return [subject for subject in company.asked(period) if subject.startswith("flux_unexplained")]
