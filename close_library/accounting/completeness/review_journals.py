"""Checks of journals; their findings belong to workpaper 10.

A journal stands in the period of its latest line. What is at stake is its debits.
"""

from __future__ import annotations

from close_library.accounting.sql import day
from close_library.evidence import Finding, Scope
from close_library.money import agrees, show
from close_library.period import working_day


def journal_findings(scope: Scope) -> list[Finding]:
    """`journal_unbalanced`, `journal_self_approved`, `journal_backdated`, `journal_period_differs` of the period."""
    last_moment = working_day(scope.closing_date, scope.parameters.close.last_workday)
    rows = scope.books.rows(
        f"""
        WITH journals AS (
            SELECT journal_id, sum(amount) AS balance, sum(greatest(amount, 0)) AS debits,
                   max(effective_date) AS effective_date,
                   min(entered_by) FILTER (entered_by = approved_by) AS self_approver,
                   max(entered_at) AS entered_at,
                   min(period) FILTER (period <> strftime(effective_date, '%Y-%m')) AS other_period
            FROM gl_entries GROUP BY journal_id
        )
        SELECT *, CAST(entered_at AS DATE) > {day(last_moment)} AS backdated FROM journals
        WHERE effective_date BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)}
        ORDER BY journal_id
        """
    )
    findings = []
    for row in rows:
        journal, debits = row["journal_id"], show(row["debits"])
        if not agrees(row["balance"], scope.parameters.tolerances.tie_out):
            findings.append(
                _finding(
                    scope,
                    "journal_unbalanced",
                    "error",
                    row,
                    f"Journal {journal} is out of balance by {show(row['balance'])} {scope.currency}.",
                    amount="balance",
                )
            )
        if row["self_approver"]:
            findings.append(
                _finding(
                    scope,
                    "journal_self_approved",
                    "error",
                    row,
                    f"Journal {journal} of {debits} {scope.currency} was entered and approved by {row['self_approver']}.",
                )
            )
        if row["backdated"]:
            findings.append(
                _finding(
                    scope,
                    "journal_backdated",
                    "warning",
                    row,
                    f"Journal {journal} of {debits} {scope.currency}, effective {row['effective_date']}, was entered on "
                    f"{row['entered_at'].date()}, after {last_moment}.",
                )
            )
        if row["other_period"]:
            findings.append(
                _finding(
                    scope,
                    "journal_period_differs",
                    "warning",
                    row,
                    f"Journal {journal} of {debits} {scope.currency}, effective {row['effective_date']}, names the period "
                    f"{row['other_period']}.",
                )
            )
    return findings


def _finding(
    scope: Scope, name: str, severity: str, row: dict[str, object], message: str, amount: str = "debits"
) -> Finding:
    return Finding(name, severity, row[amount], scope.currency, {"gl_entries": (str(row["journal_id"]),)}, message)  # type: ignore[arg-type]
