"""What was signed: figures of earlier periods, as the record wrote them into the books before the notebooks started.

`books/said_figures.parquet` holds period, program, ref, figure, amount (text). Without it nothing is signed.
"""

from __future__ import annotations

from close_library.accounting.sql import owned, text
from close_library.evidence import Scope

SAID_FIGURES = "said_figures.parquet"


def signed_programs(scope: Scope) -> tuple[str, ...]:
    """The programs of the scope whose revenue at the prior T was signed."""
    path = scope.books.directory / SAID_FIGURES
    if not path.is_file():
        return ()
    rows = scope.books.sql(
        f"""
        SELECT DISTINCT owner FROM (SELECT program AS owner, period, ref FROM read_parquet({text(str(path))}))
        WHERE period = '{scope.period.prior}' AND ref = '60' AND {owned(scope)} ORDER BY owner
        """
    )
    return tuple(row["owner"] for row in rows.to_pylist())


def signed_line_revenue(scope: Scope) -> str | None:
    """Revenue to date per contract line as signed at the prior T: contract_line_id, amount. None where nothing is signed."""
    path = scope.books.directory / SAID_FIGURES
    if not path.is_file():
        return None
    signed = f"""
        SELECT substr(figure, length('revenue_to_date:') + 1) AS contract_line_id, program AS owner,
               CAST(amount AS DECIMAL(38,4)) AS amount
        FROM read_parquet({text(str(path))})
        WHERE period = '{scope.period.prior}' AND ref = '60' AND starts_with(figure, 'revenue_to_date:')
    """
    count = scope.books.sql(f"SELECT count(*) AS n FROM ({signed}) WHERE {owned(scope)}").to_pylist()[0]["n"]
    return f"SELECT contract_line_id, amount FROM ({signed}) WHERE {owned(scope)}" if count else None
