"""Laws of flux, over companies that hypothesis makes up. LAW_EXAMPLES says how many."""

from __future__ import annotations

import os
import random
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.accounting import (
    actual_to_forecast,
    drivers_added_up,
    flux_balance_sheet,
    flux_profit_and_loss,
    ledger_changed,
    ledger_less_scenarios,
    lines_changed,
    sheet_balances,
)
from close_library.accounting.flux.driven import REVENUE, VENDOR_COST
from close_library.accounting.flux.drivers import PARTS, REST
from close_library.evidence import Result, Scope
from close_library.money import ZERO
from tests.accounting.flux import FLUX_ACCOUNTS, LIMITS, same_flux
from tests.ledgers import Company, amounts, found, small_company

FEW = settings(max_examples=int(os.environ.get("LAW_EXAMPLES", "3")))
CHART = ("1000 asset", "1200 asset", "2400 liability", "3000 equity", "4000 revenue", "4900 revenue", "5000 expense")
PROGRAMS = ("atlas", "borealis")
NAMES = ("prior_month", "prior_quarter")
CENTS = st.integers(-60_000, 60_000).map(lambda cents: Decimal(cents) / 100)
DAYS = st.sampled_from(
    [date(2026, 1, 31) + timedelta(n) for n in (-5, 0, 1, 3, 28, 33, 59, 60, 88, 90, 100, 119, 120, 121)]
)


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Balanced journals of two programs and none, usage in two currencies, work of two types, two scenarios."""
    owners = [*PROGRAMS, "."]
    entries, deliveries, work, budgets = [], [], [], []
    for n in range(draw(st.integers(1, 14))):
        day, owner, amount = draw(DAYS), draw(st.sampled_from(owners)), draw(CENTS)
        pair = draw(st.permutations([row.split()[0] for row in CHART]))[:2]
        entries += [
            f"j{n} {account} {owner} {day} {sign * amount}" for account, sign in zip(pair, (1, -1), strict=True)
        ]
    for n in range(draw(st.integers(0, 12))):
        line, quantity = draw(st.sampled_from("uvw")), draw(st.integers(-3, 9))
        deliveries.append(f"d{n} {'borealis' if line == 'w' else 'atlas'} {line} {draw(DAYS)} {quantity}")
    for n in range(draw(st.integers(0, 8))):
        kind, owner = draw(st.sampled_from(["label", "review"])), draw(st.sampled_from(PROGRAMS))
        work.append(f"w{n} v {owner} {kind} {draw(DAYS)} 5 {draw(st.integers(0, 9))} pat 2026-06-01")
    for _ in range(draw(st.integers(0, 8))):
        scenario, account = (
            draw(st.sampled_from(["budget", "forecast"])),
            draw(st.sampled_from(["4000", "5000", "1000"])),
        )
        month = draw(st.sampled_from(["2026-04", "2026-05"]))
        budgets.append(f"{scenario} {account} {draw(st.sampled_from(owners))} {month} {draw(CENTS)}")
    rates = [f"EUR {date(2026, 1, 1) + timedelta(n)} {Decimal(105 + n % 17) / 100}" for n in range(180)]
    return Company(
        {
            "programs|program_id": list(PROGRAMS),
            "gl_accounts|account account_type": list(CHART),
            "gl_entries|journal_id account program_id effective_date amount": entries,
            "contracts|contract_id program_id currency": ["c atlas USD", "e borealis EUR"],
            "contract_lines|contract_line_id contract_id product billing_model recognition unit_price price_from price_to": [
                "u c labels usage as_delivered 0.3333 . 2026-05-15", "u c labels usage as_delivered 0.41 2026-05-16 .",
                "v c words usage as_delivered 7 . .", "w e tokens usage as_delivered 2.50 . .",
            ],
            "deliveries|delivery_id program_id contract_line_id delivery_date quantity_delivered status":
                [f"{row} delivered" for row in deliveries],
            "vendors|vendor_id vendor_name vendor_type": ["v Rater rater"],
            "vendor_rates|program_id work_type rate_type rate_from unit rate": [
                f"{program} {kind} base 2026-01-01 item {rate}"
                for program, kind, rate in (
                    ("atlas", "label", "0.07"), ("atlas", "review", "0.11"), ("borealis", "label", "3.30"))
            ],
            "vendor_work|work_id vendor_id program_id work_type work_date quantity approved_quantity approved_by "
            "approved_date": work,
            "budgets|scenario account program_id period amount": budgets,
            "fx_rates|currency rate_date rate": rates,
        }
    )  # fmt: skip


def company_of(folder: str, company: Company, order: random.Random | None = None) -> Scope:
    return small_company(Path(folder), company.text(order), "2026-05", accounts=FLUX_ACCOUNTS,
                         flux={**LIMITS, "comparisons": NAMES})  # fmt: skip


def procedures(scope: Scope) -> list[Result]:
    sheet = [flux_balance_sheet(scope)] if scope.is_company else []
    return [flux_profit_and_loss(scope), actual_to_forecast(scope), *sheet]


@FEW
@given(companies())
def test_lines_and_parts_foot_to_the_ledger_in_every_scope(company: Company) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = company_of(folder, company)
        for scope in (whole, *(same_flux(whole, "2026-05", program, comparisons=NAMES) for program in PROGRAMS)):
            profit, plan = flux_profit_and_loss(scope), actual_to_forecast(scope)
            for kind in ("revenue", "expense"):
                assert lines_changed(profit, kind) == ledger_changed(scope, kind)
                assert lines_changed(plan, kind) == ledger_less_scenarios(scope, kind)
            for role in ("revenue", "vendor_cost"):
                parts, changes = drivers_added_up(scope, profit, role)
                assert parts == changes
        sheet = flux_balance_sheet(whole)
        for kind in ("asset", "liability", "equity"):
            assert lines_changed(sheet, kind) == ledger_changed(whole, kind)
        own, held = sheet_balances(whole, sheet)
        assert own == held


@FEW
@given(companies())
def test_a_figure_is_the_sum_of_its_rows_and_a_change_is_current_less_comparison(company: Company) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for flux in procedures(company_of(folder, company)):
            for id, figure in flux.figures.items():
                assert figure.population is not None
                rows = figure.population.rows()
                assert (len(rows), sum(rows["amount"], ZERO)) == (figure.population.count, figure.money), id
                if id.startswith("change:"):
                    rest = id.removeprefix("change:")
                    current, before = flux.figures[f"current:{rest}"], flux.figures[f"comparison:{rest}"]
                    assert current.money - before.money == figure.money, id


@FEW
@given(companies())
def test_the_company_is_its_programs_and_what_belongs_to_none(company: Company) -> None:
    """Lines, parts and findings of the programs stand in the company's workpaper under the same keys with the same amounts."""
    with tempfile.TemporaryDirectory() as folder:
        whole = company_of(folder, company)
        for procedure in (flux_profit_and_loss, actual_to_forecast):
            flux = procedure(whole)
            own = {p: procedure(same_flux(whole, "2026-05", p, comparisons=NAMES)) for p in PROGRAMS}
            findings = {(f.subject, f.amount) for result in own.values() for f in result.findings}
            assert findings == {(f.subject, f.amount) for f in flux.findings if ":_company:" not in f.subject}
            for id, figure in flux.figures.items():
                side, *key = id.split(":")
                if side in ("current", "comparison", "change") and len(key) == 2:
                    programs = [r.figures[id].money for r in own.values() if id in r.figures]
                    none = flux.figures.get(f"{side}:{key[0]}:_none:{key[1]}")
                    assert sum(programs, none.money if none else ZERO) == figure.money, id
        profit = flux_profit_and_loss(whole)
        papers = [flux_profit_and_loss(same_flux(whole, "2026-05", p, comparisons=NAMES)) for p in PROGRAMS]
        for driven in (REVENUE, VENDOR_COST):
            for part in PARTS:
                for name in NAMES:
                    id = f"{driven.ids[part]}:{name}"
                    assert sum((paper.figures[id].money for paper in papers), ZERO) == profit.figures[id].money, id


@FEW
@given(companies())
def test_the_parts_of_every_contract_line_add_up_to_its_change(company: Company) -> None:
    with tempfile.TemporaryDirectory() as folder:
        flux = flux_profit_and_loss(company_of(folder, company))
        for driven in (REVENUE, VENDOR_COST):
            words = [driven.words[part] for part in PARTS]
            for table in (t for t in flux.tables.values() if driven.item in t.frame):
                for row in table.frame.to_dict("records"):
                    if row[driven.item] not in (driven.words[REST], "Total"):
                        assert sum(row[word] for word in words) == row["change"] == row["current"] - row["comparison"]


@FEW
@given(companies(), st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing_but_addresses(company: Company, seed: int) -> None:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        one, other = company_of(first, company), company_of(second, company, random.Random(seed))
        for left, right in zip(procedures(one), procedures(other), strict=True):
            assert amounts(left) == amounts(right)
            assert found(left) == found(right)
            assert left.charts == right.charts
            for id, table in left.tables.items():
                assert table.frame.astype(str).equals(right.tables[id].frame.astype(str)), id
