"""Source completeness (workpaper 10): every file read whole, the ledger complete, journals in order.

What is proved here holds for the company: rows and control totals of every table, opening + entries = closing per
account, debits = credits. The findings are those of ACCOUNTING.md §7 whose home is 10.
"""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from close_library.accounting.completeness.review_journals import journal_findings
from close_library.accounting.completeness.review_references import duplicate_key_findings, unknown_reference_findings
from close_library.accounting.ledger import LINE_SHOWN
from close_library.accounting.sql import FILE_ORDER, day, population, shown, text
from close_library.evidence import Figure, Finding, Part, Population, Result, Scope, Table
from close_library.money import ZERO, agrees, show
from close_library.tables import TABLES
from close_library.tables import Table as Declared


def source_completeness(scope: Scope) -> Result:
    """What the sources held, whether the ledger is complete, and which journals need a look.

    Figures: `ledger_entries` (lines of the period), `ledger_debits`, `ledger_credits` (both positive), and for each table
    that the sources held `<table>_rows` and `<table>_control_total` (the sum of its amount column over the whole file).
    Tables: what was read, the trial balance rolled. Findings: `duplicate_key`, `unknown_reference`,
    `balance_does_not_roll`, `journal_unbalanced`, `journal_self_approved`, `journal_backdated`, `journal_period_differs`.

    Example:
        from close_library.accounting import source_completeness
        from close_library.workpaper import open_scope

        source_completeness(open_scope(period="2026-10")).table
    """
    figures = {figure.id: figure for figure in (*_ledger_figures(scope), *_table_figures(scope))}
    rolled = trial_balance_rolled(scope)
    return Result(
        tables={"10.1": _read_table(scope, figures), "10.2": _rolled_table(scope, rolled)},
        figures=figures,
        findings=(
            *duplicate_key_findings(scope),
            *unknown_reference_findings(scope),
            *_not_rolling(scope, rolled),
            *journal_findings(scope),
        ),
    )


def rows_read(scope: Scope, figures: dict[str, Figure] | Result) -> tuple[Decimal, Decimal]:
    """Rows in the books by counting them, and rows read from the files as the manifest of the books says."""
    held = figures.figures if isinstance(figures, Result) else figures
    counted = sum((held[f"{name}_rows"].money for name in _held(scope)), Decimal(0))
    read = sum((Decimal(source["rows"]) for source in scope.books.sources(_held(scope))), Decimal(0))
    return counted, read


def control_totals(scope: Scope, result: Result) -> tuple[Decimal, Decimal]:
    """Control totals by adding up the books, and by adding up what the manifest says of each file."""
    counted = sum((f.money for id, f in result.figures.items() if id.endswith("_control_total")), ZERO)
    read = sum((Decimal(source["control_total"] or 0) for source in scope.books.sources(_held(scope))), ZERO)
    return counted, read


def accounts_rolled(result: Result) -> tuple[Decimal, Decimal]:
    """How many accounts of the trial balance were rolled, and how many gave its closing balance."""
    frame = result.tables["10.2"].frame
    rolling = sum(1 for difference in frame["difference"] if not difference)
    return Decimal(len(frame)), Decimal(rolling)


def _held(scope: Scope) -> list[str]:
    return [name for name in TABLES if scope.books.has(name)]


def _ledger_figures(scope: Scope) -> list[Figure]:
    inside = f"effective_date BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)}"
    rows = f"(SELECT *, owner_program_id AS owner FROM gl_entries WHERE {inside})"

    def lines(amount: str, condition: str = "true") -> Population:
        select = population("'gl_entries'", "source_file", "source_row", amount, LINE_SHOWN)
        return Population(scope.books, f"{select} FROM {rows} WHERE {condition}")

    return [
        Figure.of("ledger_entries", "Ledger lines of the period", "rows", lines("1")),
        Figure.of("ledger_debits", "Debits of the period", scope.currency, lines("amount", "amount > 0")),
        Figure.of("ledger_credits", "Credits of the period", scope.currency, lines("-amount", "amount < 0")),
    ]


def _table_figures(scope: Scope) -> list[Figure]:
    figures = []
    for name in _held(scope):
        table = TABLES[name]
        figures.append(Figure.of(f"{name}_rows", f"Rows of {name}", "rows", _whole(scope, table, "1")))
        if table.amount:
            total = _whole(scope, table, f"coalesce({table.amount}, 0)")
            figures.append(
                Figure.of(f"{name}_control_total", f"Control total of {name}: {table.amount}", "total", total)
            )
    return figures


def _whole(scope: Scope, table: Declared, amount: str) -> Population:
    seen = shown(**{column: column for column in table.key})
    select = population(text(table.name), "source_file", "source_row", amount, seen)
    return Population(scope.books, f"{select} FROM {table.name}")


def _read_table(scope: Scope, figures: dict[str, Figure]) -> Table:
    names = _held(scope)
    sources = scope.books.sources(names)
    frame = pd.DataFrame(
        {
            "table": names,
            "files": [str(sum(1 for source in sources if source["table"] == name)) for name in names],
            "rows": [str(figures[f"{name}_rows"].population.count) for name in names],  # type: ignore[union-attr]
            "summed_column": [TABLES[name].amount for name in names],
            "control_total": [
                figures[f"{name}_control_total"].amount if TABLES[name].amount else None for name in names
            ],
        }
    )
    links = [(n, 2, f"{name}_rows") for n, name in enumerate(names)]
    links += [(n, 4, f"{name}_control_total") for n, name in enumerate(names) if TABLES[name].amount]
    return Table("What was read", frame, links=tuple(links))


def _rolled_table(scope: Scope, rolled: pd.DataFrame) -> Table:
    """An account's debits and credits are those of its ledger lines; its balances, those that the trial balances print."""
    printed = ("account_balances_control_total",)
    parts = (
        Part("debits", ("ledger_debits",), {"account": "account"}),
        Part("credits", ("ledger_credits",), {"account": "account"}),
        Part("opening_balance", printed, {"account": "account"}, {"period": str(scope.period.prior)}),
        Part("closing_balance", printed, {"account": "account"}, {"period": str(scope.period)}),
    )
    relations = {
        "rolled": "[opening_balance] + [debits] - [credits]",
        "difference": "[closing_balance] - [rolled]",
    }
    return Table("Trial balance rolled", rolled, parts=parts, relations=relations)


def trial_balance_rolled(scope: Scope) -> pd.DataFrame:
    """Per account of the period's trial balance: opening, debits, credits, rolled, closing, difference (closing − rolled)."""
    return scope.books.frame(
        f"""
        WITH printed AS (
            SELECT account, opening_balance, closing_balance FROM account_balances WHERE period = '{scope.period}'
            QUALIFY row_number() OVER (PARTITION BY account ORDER BY {FILE_ORDER}) = 1
        ),
        entries AS (
            SELECT account, sum(greatest(amount, 0)) AS debits, sum(greatest(-amount, 0)) AS credits FROM gl_entries
            WHERE effective_date BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)} GROUP BY account
        ),
        names AS (SELECT account, min(account_name) AS account_name FROM gl_accounts GROUP BY account)
        SELECT account, account_name, opening_balance, coalesce(debits, 0) AS debits, coalesce(credits, 0) AS credits,
               opening_balance + coalesce(debits, 0) - coalesce(credits, 0) AS rolled, closing_balance,
               closing_balance - (opening_balance + coalesce(debits, 0) - coalesce(credits, 0)) AS difference
        FROM printed LEFT JOIN entries USING (account) LEFT JOIN names USING (account)
        ORDER BY account
        """
    )


def _not_rolling(scope: Scope, rolled: pd.DataFrame) -> list[Finding]:
    """`balance_does_not_roll`: opening + the period's entries ≠ closing."""
    return [
        Finding(
            "balance_does_not_roll",
            "error",
            row["difference"],
            scope.currency,
            {"account_balances": (row["account"],), "gl_accounts": (row["account"],)},
            f"Account {row['account']}: opening {show(row['opening_balance'])} and entries of {scope.period} give "
            f"{show(row['rolled'])}, the trial balance says {show(row['closing_balance'])}: {show(row['difference'])} apart.",
        )
        for row in rolled.to_dict("records")
        if not agrees(row["difference"], scope.parameters.tolerances.tie_out)
    ]
