"""Workpapers 40, 41, 42 against what the generator of the sample company knows from its own journals and budgets."""

from decimal import Decimal

import pytest

from close_library.accounting import (
    actual_to_forecast,
    balances_as_printed,
    current_of,
    drivers_added_up,
    flux_balance_sheet,
    flux_profit_and_loss,
    ledger_changed,
    lines_changed,
)
from close_library.parameters import COMPANY
from tests.accounting.truth import PERIODS, SealedSample

PAPERS = {"40": flux_profit_and_loss, "41": flux_balance_sheet, "42": actual_to_forecast}


def differences(sealed: SealedSample, period: str, program: str) -> list[str]:
    """Every figure and finding of a period and a scope that is not as the generator knows it."""
    scope, truth, wrong = sealed.scope(period, program), sealed.truth, []
    for ref in truth["figures"][period][program].keys() & PAPERS:
        flux = PAPERS[ref](scope)
        sides = ("current:", "comparison:", "change:")
        own = {id: f.money for id, f in flux.figures.items() if id.startswith(sides) and id.count(":") == 2}
        expected = sealed.figures(period, program, ref)
        wrong += [f"{period} {program} {ref} {id}" for id in own.keys() ^ expected.keys()]
        wrong += [
            f"{ref} {id}: {own[id]}, expected {expected[id]}" for id in own.keys() & expected if own[id] != expected[id]
        ]
        raised = {(f.subject, f.severity, f.amount) for f in flux.findings}
        asked = {
            (f"flux_unexplained:{one['key']}:{one['aspect']}", one["severity"], Decimal(one["amount"]))
            for one in truth["flux"]
            if (one["home"], one["period"], one["scope"]) == (ref, period, program)
        }
        wrong += [*(f"{ref} missed: {f}" for f in asked - raised), *(f"{ref} false: {f}" for f in raised - asked)]
    return wrong


@pytest.mark.parametrize(
    ("period", "program"),
    [("2026-01", COMPANY), ("2026-07", COMPANY), ("2026-10", COMPANY), ("2026-10", "atlas"), ("2026-09", "draco")],
)
def test_figures_and_findings_are_those_of_the_generator(sealed: SealedSample, period: str, program: str) -> None:
    assert differences(sealed, period, program) == []


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(sealed: SealedSample, period: str) -> None:
    for program in sealed.programs(period):
        assert differences(sealed, period, program) == []


def test_the_sample_has_changes_on_both_sides_of_the_threshold(sealed: SealedSample) -> None:
    """Else the comparison above would compare nothing with nothing."""
    asked = [(one["home"], one["aspect"]) for one in sealed.truth["flux"] if one["scope"] == COMPANY]
    assert {home for home, _ in asked} == {"40", "41", "42"}
    latest = flux_profit_and_loss(sealed.scope("2026-10", COMPANY)).tables["40.2"].frame
    assert {*latest["threshold"]} == {"beyond", "within"}


@pytest.mark.parametrize("period", ["2026-02", "2026-10"])
def test_the_proofs_hold(sealed: SealedSample, period: str) -> None:
    scope = sealed.scope(period, COMPANY)
    profit, sheet = flux_profit_and_loss(scope), flux_balance_sheet(scope)
    for kind, flux in (
        ("revenue", profit),
        ("expense", profit),
        ("asset", sheet),
        ("liability", sheet),
        ("equity", sheet),
    ):
        assert lines_changed(flux, kind) == ledger_changed(scope, kind)
    for role in ("revenue", "vendor_cost"):
        parts, changes = drivers_added_up(scope, profit, role)
        assert parts == changes
    known = sealed.figures(period, COMPANY, "23")["revenue_general_ledger"]
    assert current_of(scope, profit, "revenue") == known
    agreeing, printed = balances_as_printed(scope, sheet)
    assert agreeing == printed > 10


def test_the_parts_of_revenue_are_those_of_the_contracts(sealed: SealedSample) -> None:
    """What the parts add up to is the change of 60's revenue, line by line."""
    now, before = (sealed.figures(period, "atlas", "60") for period in ("2026-10", "2026-09"))
    flux = flux_profit_and_loss(sealed.scope("2026-10", "atlas"))
    frame = flux.tables["40.3"].frame
    for row in frame.to_dict("records")[:-2]:
        id = f"revenue:{row['contract_line']}"
        assert row["change"] == now[id] - before[id]
