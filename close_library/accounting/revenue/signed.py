"""What revenue was signed: the figures of workpaper 60 of earlier periods, by program and contract line.

Read from the table `said_figures`, which a run writes into the books before the notebooks start. Empty: nothing was signed.
"""

from __future__ import annotations

from close_library.accounting.sql import names_asked, owned
from close_library.evidence import Scope


def signed_programs(scope: Scope) -> tuple[str, ...]:
    """The programs of the scope whose revenue at the prior T was signed."""
    return names_asked(scope.books, f"SELECT DISTINCT owner AS name FROM ({_signed(scope)}) ORDER BY 1")


def signed_line_revenue(scope: Scope) -> str | None:
    """Revenue to date per contract line as signed at the prior T: contract_line_id, amount. None where nothing is signed."""
    lines = f"({_signed(scope)}) WHERE starts_with(figure, 'revenue_to_date:')"
    if not scope.books.rows(f"SELECT count(*) AS n FROM {lines}")[0]["n"]:
        return None
    return f"""
        SELECT substr(figure, length('revenue_to_date:') + 1) AS contract_line_id, CAST(amount AS DECIMAL(38,4)) AS amount
        FROM {lines}
    """


def _signed(scope: Scope) -> str:
    return f"""
        SELECT * FROM (SELECT program AS owner, period, ref, figure, amount FROM said_figures)
        WHERE period = '{scope.period.prior}' AND ref = '60' AND {owned(scope)}
    """
