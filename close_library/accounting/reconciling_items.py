"""Reconciling items from month to month (workpapers 20 and 21): what is open at T, and what became of what was open before.

An item has an id that changes neither with the month nor with its class, so it is followed until it is cleared. Its first date is
kept from the signed items of the prior period where that is earlier. Who looks after an item is said in the record, not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from close_library.accounting.parts import in_parts
from close_library.accounting.said import RECORD, is_signed, signed_items
from close_library.accounting.sql import day, money_text, population, shown, text
from close_library.evidence import Figure, Part, Population, Result, Scope, Table

_CAUSES_NAMED = 5


def item_tables(
    scope: Scope, ref: str, id: str, title: str, items: str, columns: Sequence[str], order: str, parts: tuple[Part, ...]
) -> dict[str, Table]:
    """The items open at T, with first date and age in days; each row is a subject that a person can look after.

    `items`: a relation of item, first_date, amount and what else `columns` name; `age_days` is made here. `parts`: of which rows
    its amounts are sums.
    """
    since = "least(i.first_date, s.first_date)"
    made = {"first_date": since, "age_days": f"date_diff('day', {since}, {day(scope.closing_date)})"}
    listed = ", ".join(f"{made.get(column, f'i.{column}')} AS {column}" for column in columns)
    frame = scope.books.frame(
        f"SELECT {listed} FROM {items} i LEFT JOIN ({signed_items(scope, ref)}) s USING (item) ORDER BY {order}"
    )
    amount = list(columns).index("amount")
    subjects = tuple((row, item, amount) for row, item in enumerate(frame["item"]))
    return in_parts(id, Table(title, frame, subjects=subjects, parts=parts))


def opening_items(
    scope: Scope, ref: str, id: str, *, opening: str, closing: str, behind: str, rows: Population, at_close: str
) -> tuple[Table, dict[str, Figure]]:
    """The items open at the prior T on today's books against those that were signed, and what became of each.

    `opening`, `closing`: relations of item, first_date, amount at the prior T and at T; `behind`: of item, date, what (a row that
    moved an item, in words); `rows`: the source rows of the opening items, which show their item; `at_close`: the schedule of the
    items at T. Figures: `opening_items`, and `opening_items_signed`
    where the workpaper of the prior period was signed. The table has a row an item that one of the two knows.
    """
    signed, prior = is_signed(scope, ref), scope.period.prior
    label = f"Reconciling items at {scope.opening_date}"
    today = Figure.of("opening_items", f"{label}, on today's books", scope.currency, rows)
    figures = {today.id: today}
    if signed:
        seen = shown(item="item", amount=money_text("amount"), first_date="first_date", period=text(str(prior)))
        rows_of = population("'said_items'", text(RECORD), "event", "amount", seen)
        signed_rows = Population(scope.books, f"{rows_of} FROM ({signed_items(scope, ref)})")
        said = Figure.of("opening_items_signed", f"{label}, as signed", scope.currency, signed_rows)
        figures[said.id] = said
    frame = scope.books.frame(_compared(scope, ref, opening, closing, behind, signed))
    what = f"as signed for {prior}" if signed else f"computed on today's books: nothing was signed for {prior}"
    last = len(frame) - 1
    columns = {"opening_items_signed": 2, "opening_items": 3}
    links = tuple((last, columns[figure], figure) for figure in figures)
    parts = (
        Part("as_signed", ("opening_items_signed",), {"item": "item"}),
        Part("on_todays_books", ("opening_items",), {"item": "item"}),
        Part("at_close", table=at_close, of=("amount",), by={"item": "item"}),
    )
    title = f"Opening items, {what}, and what became of them"
    relations = {"difference": "[on_todays_books] - [as_signed]"}
    return Table(title, frame, total_row=True, links=links, relations=relations, parts=parts), figures


def items_compared(reconciliation: Result) -> tuple[Figure, Figure | None]:
    """The sum of the opening items on today's books, and as signed; None where nothing was signed."""
    return reconciliation.figures["opening_items"], reconciliation.figures.get("opening_items_signed")


def items_counted(reconciliation: Result) -> tuple[Decimal, Decimal | None]:
    """How many opening items there are, signed or on today's books, and how many of them stand as they were signed."""
    table = next(t.frame for t in reconciliation.tables.values() if "as_signed" in t.frame.columns)
    if "opening_items_signed" not in reconciliation.figures:
        return Decimal(len(table) - 1), None
    return Decimal(len(table) - 1), Decimal(int((table["before"] == _AS_SIGNED).sum()))


_AS_SIGNED = "as signed"


def _compared(scope: Scope, ref: str, opening: str, closing: str, behind: str, signed: bool) -> str:
    before = f"""
        CASE WHEN {"false" if signed else "true"} THEN 'computed'
             WHEN on_todays_books IS NULL THEN 'vanished' WHEN as_signed IS NULL THEN 'appeared'
             WHEN as_signed <> on_todays_books THEN 'changed' ELSE '{_AS_SIGNED}' END
    """
    since = """
        CASE WHEN at_close IS NOT DISTINCT FROM on_todays_books THEN CASE WHEN at_close IS NOT NULL THEN 'open' END
             WHEN at_close IS NULL THEN 'cleared' ELSE 'changed' END
    """
    causes = f"""
        SELECT item, array_to_string(list(what ORDER BY date, what)[1:{_CAUSES_NAMED}], '; ')
               || CASE WHEN count(*) > {_CAUSES_NAMED} THEN ' … (' || count(*) || ' in all)' ELSE '' END AS because
        FROM ({behind}) b JOIN judged USING (item)
        WHERE before IN ('vanished', 'appeared', 'changed')
           OR since IN ('cleared', 'changed') AND b.date > {day(scope.opening_date)}
        GROUP BY item
    """
    return f"""
        WITH known AS (
            SELECT item, least(t.first_date, s.first_date) AS first_date, s.amount AS as_signed, t.amount AS on_todays_books
            FROM {opening} t FULL JOIN ({signed_items(scope, ref)}) s USING (item)
        ),
        judged AS (
            SELECT *, {before} AS before, {since} AS since
            FROM (SELECT k.*, c.amount AS at_close FROM known k LEFT JOIN {closing} c USING (item))
        ),
        causes AS ({causes})
        SELECT item, first_date, as_signed, on_todays_books, difference, at_close, before, since, because FROM (
            SELECT 0 AS last, item, first_date, as_signed, on_todays_books,
                   CASE WHEN before <> 'computed' THEN coalesce(on_todays_books, 0) - coalesce(as_signed, 0) END AS difference,
                   at_close, before, since, because
            FROM judged LEFT JOIN causes USING (item)
            UNION ALL
            SELECT 1, 'Total', NULL, {"coalesce(sum(as_signed), 0)" if signed else "NULL"}, coalesce(sum(on_todays_books), 0),
                   {"coalesce(sum(on_todays_books), 0) - coalesce(sum(as_signed), 0)" if signed else "NULL"},
                   coalesce(sum(at_close), 0), NULL, NULL, NULL
            FROM judged
        ) ORDER BY last, item
    """
