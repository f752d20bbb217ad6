"""The ledger balances and rolls, its people differ and come in time, but for what was planted."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

from close_library.period import Period, working_day
from tests.sample.conftest import Sample

ZERO = Decimal(0)
Journals = dict[str, list[dict[str, str]]]


def _journals(sample: Sample) -> Journals:
    found: Journals = defaultdict(list)
    for row in sample.rows("gl_entries"):
        found[row["journal_id"]].append(row)
    return found


def _debits(lines: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(line["amount"]) for line in lines if not line["amount"].startswith("-")), ZERO)


def _expected(sample: Sample, finding: str) -> set[tuple[str, str, Decimal | None]]:
    return {(one.period, one.key, one.amount) for one in sample.truth.findings if one.finding == finding}


def _found(journals: Journals, holds: str) -> set[tuple[str, str, Decimal | None]]:
    """The journals that a test of workpaper 10 finds, by the rules of the specification, from the rows alone."""
    found = set()
    for journal_id, lines in journals.items():
        first, total = lines[0], sum((Decimal(line["amount"]) for line in lines), ZERO)
        period = Period.of(date.fromisoformat(first["effective_date"]))
        entered = datetime.fromisoformat(first["entered_at"][:-1])
        results = {
            "journal_unbalanced": (bool(total), total),
            "journal_self_approved": (first["entered_by"] == first["approved_by"], _debits(lines)),
            "journal_backdated": (entered.date() > working_day(period.last_day, 5), _debits(lines)),
            "journal_period_differs": (first["period"] != str(period), _debits(lines)),
        }
        true, amount = results[holds]
        if true:
            found.add((str(period), journal_id, amount))
    return found


def test_journals_are_sound_but_for_the_planted_ones(sample: Sample) -> None:
    journals = _journals(sample)
    for finding in ("journal_unbalanced", "journal_self_approved", "journal_backdated", "journal_period_differs"):
        assert _found(journals, finding) == _expected(sample, finding) != set(), finding


def test_journals_agree_with_themselves_and_are_approved_after_entry(sample: Sample) -> None:
    heads = ("effective_date", "period", "journal_source", "entered_by", "entered_at", "approved_by", "approved_at")
    for journal_id, lines in _journals(sample).items():
        assert len({tuple(line[name] for name in heads) for line in lines}) == 1, journal_id
        assert [line["line_number"] for line in lines] == [str(n) for n in range(1, len(lines) + 1)]
        assert lines[0]["entered_at"] < lines[0]["approved_at"], journal_id


def test_the_trial_balance_rolls_but_for_the_planted_balances(sample: Sample) -> None:
    moved: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for row in sample.rows("gl_entries"):
        moved[row["account"], row["effective_date"][:7]] += Decimal(row["amount"])
    slips = set()
    for row in sample.rows("account_balances"):
        computed = Decimal(row["opening_balance"]) + moved[row["account"], row["period"]]
        if computed != Decimal(row["closing_balance"]):
            slips.add((row["period"], row["account"], Decimal(row["closing_balance"]) - computed))
    assert slips == _expected(sample, "balance_does_not_roll")
    assert len(slips) == 2


def test_receivables_open_at_nothing_and_cash_does_not(sample: Sample) -> None:
    opening = {
        row["account"]: Decimal(row["opening_balance"])
        for row in sample.rows("account_balances")
        if row["period"] == "2026-01"
    }
    assert opening["1200"] == 0
    assert opening["1000"] == Decimal("4250000.00")
    assert sum(opening.values()) == 0


def test_the_vendor_side_of_the_ledger_agrees_in_every_month(sample: Sample) -> None:
    for period, scopes in sample.truth.figures.items():
        for scope, refs in scopes.items():
            for name in ("approved_work", "vendor_invoiced", "vendor_paid", "vendor_payable", "vendor_accrual"):
                assert refs["24"][name] == refs["24"][f"{name}_general_ledger"], (period, scope, name)


def test_contract_balances_and_revenue_agree_but_for_the_planted_programs(sample: Sample) -> None:
    differ = {
        (one.period, one.scope, one.finding): one.amount
        for one in sample.truth.findings
        if one.home in ("22", "23") and one.scope == one.key
    }
    names = {
        "deferred_revenue": "deferred_revenue_differs",
        "unbilled_receivable": "unbilled_differs",
        "revenue": "revenue_differs",
    }
    found = {}
    for period, scopes in sample.truth.figures.items():
        for scope, refs in scopes.items():
            shown = refs["22"] | refs["23"]
            for name, finding in names.items():
                difference = (shown[f"{name}_general_ledger"] or ZERO) - (shown[name] or ZERO)
                if difference and scope != "_company":
                    found[period, scope, finding] = difference
    assert found == differ
    assert set(names.values()) <= {finding for _, _, finding in found}
