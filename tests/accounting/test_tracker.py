"""Workpapers 90 and 91 against a company that is added up by hand in `tracked`.

atlas in May: d-2 150 × 10.00 and d-3 20 × 10.00 earned; w-2 100 × 3.00 and a fee of 40.00 cost; inv-2 1,500.00 billed less memo-1
100.00; of r-1 900.00 and 50.00 went to inv-1, the 50.00 dated in April but counted with its receipt in May.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import (
    close_summary,
    collected_by_trace,
    contract_balances_to_ledger,
    count_open,
    month_of_trend,
    points_counted,
    program_total,
    program_tracker,
    purchase_order_burn,
    receivables_roll_forward,
    revenue_recognition,
    total_of,
)
from close_library.accounting.tracker.key_figures import SUMMED, key_figures
from close_library.accounting.tracker.open_points import material_from
from close_library.accounting.tracker.trend import trend
from close_library.errors import BooksError
from close_library.evidence import Scope
from close_library.parameters import COMPANY
from close_library.period import Period
from tests.accounting.tracked import TABLES, same_books, say, tracked_company
from tests.ledgers import amounts, small_company

MAY, APRIL = Period(2026, 5), Period(2026, 4)

ATLAS = {
    "revenue": "1700.00",  # 1,500.00 + 200.00
    "vendor_cost": "340.00",  # 300.00 + 40.00
    "margin": "1360.00",
    "margin_percent": "80.0000",
    "billed": "1400.00",  # tax excluded: it stands in inv-1 only, which is April's
    "collected": "950.00",  # the discount and the memo are no cash
    "deferred_revenue": "0.00",
    "unbilled_receivable": "300.00",  # earned 2,700.00, billed 2,400.00
    "receivables": "1475.00",  # inv-1 25.00, inv-2 1,500.00, unapplied 50.00
    "past_due": "25.00",
    "unapplied_cash": "-50.00",
    "delivered_not_billed": "200.00",  # d-3, accepted on the last day
    "funded": "5000.00",
    "committed": "2700.00",  # accepted 2,700.00, invoiced 2,400.00
    "remaining": "2300.00",
}
BOREALIS = {
    "revenue": "0.00",
    "vendor_cost": "30.00",
    "margin": "-30.00",
    "margin_percent": "n/a",
    "billed": "500.00",
    "collected": "0.00",
    "deferred_revenue": "500.00",
    "unbilled_receivable": "0.00",
    "receivables": "500.00",
}
NONE = {"revenue": "0.00", "vendor_cost": "0.00", "margin": "0.00", "margin_percent": "n/a", "billed": "70.00",
        "collected": "0.00", "deferred_revenue": "0.00", "unbilled_receivable": "0.00", "receivables": "70.00"}  # fmt: skip


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    return tracked_company(tmp_path_factory.mktemp("tracked"))


@pytest.fixture(scope="module")
def company(atlas: Scope) -> Scope:
    return same_books(atlas, COMPANY)


def spelled(figures: dict[str, str]) -> dict[str, str]:
    """As `amounts` spells them: a percentage that ends in zeros loses two of them."""
    return {id: amount.removesuffix("00") if id == "margin_percent" else amount for id, amount in figures.items()}


def test_a_program_has_the_figures_that_its_documents_add_up_to(atlas: Scope) -> None:
    assert amounts(program_tracker(atlas)) == spelled(ATLAS)


def test_without_revenue_a_margin_has_no_percentage(atlas: Scope) -> None:
    tracker = program_tracker(same_books(atlas, "borealis"))
    assert amounts(tracker, *BOREALIS) == BOREALIS
    assert tracker.table["2026-05"][3] is None


def test_the_company_shows_each_program_and_what_belongs_to_none(company: Scope) -> None:
    shown = amounts(close_summary(company))
    for key, expected in (("atlas", ATLAS), ("borealis", BOREALIS), ("_none", NONE)):
        assert {id: shown[f"{id}:{key}"] for id in BOREALIS} == spelled({id: expected[id] for id in BOREALIS})


def test_programs_and_no_program_add_up_to_the_company(company: Scope) -> None:
    summary = close_summary(company)
    assert all(program_total(summary, id) == summary.figures[id].money for id in SUMMED)
    total = summary.table.iloc[-1]
    assert [total["revenue"], total["margin"], total["billed"]] == [Decimal(1700), Decimal(1330), Decimal(1970)]
    assert total["margin_percent"] == Decimal("78.2353"), "1,330 ÷ 1,700, not the sum of percentages"


def test_payment_billing_and_orders_of_the_programs_add_up_to_the_company_s_figures(company: Scope) -> None:
    summary = close_summary(company)
    table = summary.tables["91.4"].frame.set_index("program")
    assert list(table.index) == ["atlas", "borealis", "no program", "Total"]
    for column in table.columns:
        assert table[column]["Total"] == summary.figures[column].money
        assert table[column]["atlas"] == Decimal(ATLAS[column])


def test_a_company_s_row_of_a_program_is_what_the_program_s_own_tracker_shows(atlas: Scope, company: Scope) -> None:
    summary = close_summary(company)
    for program in ("atlas", "borealis"):
        tracker = program_tracker(same_books(atlas, program))
        for id in (*SUMMED, "margin_percent"):
            assert summary.figures[f"{id}:{program}"].amount == tracker.figures[id].amount, (program, id)


def test_each_figure_is_that_of_the_workpaper_behind_it(atlas: Scope, company: Scope) -> None:
    tracker = program_tracker(atlas)
    assert tracker.revenue.money == revenue_recognition(atlas).revenue.money == month_of_trend(atlas, "revenue")
    assert tracker.collected.money == collected_by_trace(atlas) == month_of_trend(atlas, "collected")
    assert tracker.receivables.money == receivables_roll_forward(atlas).closing_balance.money
    assert tracker.remaining.money == total_of(purchase_order_burn(atlas), "remaining")
    assert (
        close_summary(company).unbilled_receivable.money
        == contract_balances_to_ledger(company).unbilled_receivable.money
    )


def test_the_month_stands_beside_the_month_before(atlas: Scope) -> None:
    table = program_tracker(atlas).table
    lines = {line["figure"]: (line["2026-05"], line["2026-04"], line["change"]) for line in table.to_dict("records")}
    assert lines["Revenue"] == (Decimal(1700), Decimal(1000), Decimal(700))
    assert lines["Vendor cost"] == (Decimal(340), Decimal(150), Decimal(190))
    assert lines["Margin percent"] == (Decimal("80.0000"), Decimal("85.0000"), Decimal("-5.0000"))
    assert lines["Collected in the period, tax included"] == (Decimal(950), Decimal(0), Decimal(950))
    assert lines["Receivables"] == (Decimal(1475), Decimal(1080), Decimal(395))


def test_the_first_month_has_none_before_it(atlas: Scope) -> None:
    """Movements before the first period are not shown as 0.00; balances at its opening are what the books say."""
    first = program_tracker(same_books(atlas, "atlas", first_period="2026-05"))
    lines = {line["figure"]: line["2026-04"] for line in first.table.to_dict("records")}
    assert (lines["Revenue"], lines["Margin percent"], lines["Receivables"]) == (None, None, Decimal(1080))
    assert list(first.tables["90.2"].frame["month"]) == ["2026-05"]


def test_months_run_from_the_first_period_with_none_left_out(atlas: Scope) -> None:
    months = program_tracker(atlas).tables["90.2"].frame
    assert list(months["month"]) == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]
    assert list(months["revenue"]) == [Decimal(amount) for amount in (0, 0, 0, 1000, 1700)]
    assert list(months["margin_percent"])[:3] == [None, None, None]


@pytest.mark.parametrize("measure", ["revenue", "vendor_cost", "margin", "billed", "collected"])
def test_every_month_of_the_trend_is_that_month_s_own_figure(atlas: Scope, measure: str) -> None:
    for month in (APRIL, MAY):
        own = key_figures(same_books(atlas, "atlas", str(month)))
        assert trend(atlas).of(measure, month) == own[measure].money


def test_a_signed_month_stands_as_it_was_signed_and_the_open_one_catches_up(tmp_path: Path) -> None:
    """April was signed at 900.00; today's books say 1,000.00, so May books 100.00 more, and both add up to 2,700.00."""
    scope = tracked_company(tmp_path)
    say(scope, "said_figures", *(("2026-04", "atlas", "60", figure, "900.00", 1)
                                 for figure in ("revenue", "revenue_to_date", "revenue_to_date:u")))  # fmt: skip
    signed = same_books(scope, "atlas")
    over = trend(signed)
    assert (over.of("revenue", APRIL), over.of("revenue", MAY)) == (Decimal(900), Decimal(1800))
    assert program_tracker(signed).revenue.money == Decimal(1800)
    assert program_tracker(signed).table["2026-04"][0] == Decimal(900)


def test_a_month_without_a_rate_is_not_defined_and_the_month_itself_is(tmp_path: Path) -> None:
    """A foreign vendor of April lacks a rate: April's cost and margin are not shown, May's are."""
    foreign = TABLES.replace("v-1        Rater        rater        USD", "v-1        Rater        rater        EUR")
    rates = "\n    fx_rates\n    currency  rate_date   rate\n    EUR       2026-05-05  2.00\n    EUR       2026-05-06  2.00\n"
    scope = small_company(tmp_path, foreign + rates, "2026-05", "atlas")
    months = program_tracker(scope).tables["90.2"].frame.set_index("month")
    assert (months["vendor_cost"]["2026-04"], months["margin"]["2026-04"]) == (None, None)
    assert months["vendor_cost"]["2026-05"] == Decimal(640), "100 × 3.00 at 2.00, and the fee"
    with pytest.raises(BooksError, match="exchange rate"):
        program_tracker(same_books(scope, "atlas", "2026-04"))


def test_what_customers_owe_is_told_with_the_oldest_and_adds_up(atlas: Scope) -> None:
    tracker = program_tracker(atlas)
    lines = tracker.tables["90.4"].frame.set_index("what_is_open")
    assert list(lines.loc["1–30 days", ["amount", "items", "days_past_due"]]) == [Decimal(25), 1, 16]
    assert sum(lines["amount"][:-1]) == lines["amount"]["Receivables"] == tracker.receivables.money
    assert list(tracker.tables["90.5"].frame["invoice"]) == ["inv-1"]


def test_where_nobody_owes_anything_receivables_are_zero_and_not_empty(atlas: Scope) -> None:
    """In February no document is dated yet."""
    lines = program_tracker(same_books(atlas, "atlas", "2026-02")).tables["90.4"].frame
    assert set(lines["amount"]) == {Decimal(0)}
    assert set(lines["items"]) == {0}


def test_what_is_delivered_and_not_billed_is_told_by_contract_line(atlas: Scope) -> None:
    waiting = program_tracker(atlas).tables["90.6"].frame
    assert waiting.iloc[0].tolist()[:4] == ["u", "labels", 1, Decimal(200)]
    assert len(waiting) == 2


POINTS = (
    # program, ref, title, finding, severity, amount, currency, known_table, known_key, message, status
    ("atlas", "70", "Aging", "invoice_past_due", "warning", "25.00", "USD", "invoices", "inv-1", "It is late.", "open"),
    ("atlas", "71", "Review", "invoice_duplicate", "error", "1500.00", "USD", "invoices", "inv-2", "Twice.", "open"),
    ("atlas", "71", "Review", "invoice_terms_differ", "info", "1.00", "USD", "invoices", "inv-2", "A note.", "open"),
    ("borealis", "24", "Vendors", "tie_out_differs", "error", "-9.00", "USD", "tie_outs", "24.3", "Apart.", "open"),
    ("_company", "10", "Sources", "duplicate_key", "error", None, "", "customers", "acme", "Two rows.", "open"),
    ("_company", "41", "Flux", "no_conclusion", "error", None, "USD", "workpapers", "41", "No conclusion.", "failed"),
)  # fmt: skip


def test_what_is_open_is_quoted_where_it_concerns(tmp_path: Path) -> None:
    scope = tracked_company(tmp_path)
    say(scope, "findings", *POINTS)
    tracker, summary = program_tracker(same_books(scope, "atlas")), close_summary(same_books(scope, COMPANY))
    own = tracker.tables["90.8"].frame
    assert list(own["what"]) == ["invoice_duplicate", "invoice_past_due"], "the gravest first; a note is not open"
    everything = summary.tables["91.7"].frame
    assert list(everything["what"])[:2] == ["no_conclusion", "invoice_duplicate"]
    assert list(everything["program"]) == ["company", "atlas", "company", "atlas", "borealis"]
    assert not tracker.findings, "each finding has one home"
    assert not summary.findings


def test_what_is_open_is_counted_by_workpaper_and_by_program(tmp_path: Path) -> None:
    scope = tracked_company(tmp_path)
    say(scope, "findings", *POINTS)
    company = same_books(scope, COMPANY)
    summary = close_summary(company)
    by_program = summary.tables["91.5"].frame.to_dict("records")
    counts = {line["program"]: tuple(int(line[name]) for name in list(line)[1:]) for line in by_program}
    assert counts == {
        "atlas": (1, 1, 0, 0, 1),
        "borealis": (0, 0, 1, 0, 0),
        "company": (1, 0, 0, 1, 0),
        "Total": (2, 1, 1, 1, 1),
    }
    for table in ("91.5", "91.6"):
        assert points_counted(summary, table) == count_open(company) == 5


def test_what_reaches_materiality_says_so(tmp_path: Path) -> None:
    """5,000.00, or 5 % of the month's revenue where that is less: of 1,700.00 that is 85.00."""
    scope = tracked_company(tmp_path)
    say(
        scope,
        "findings",
        *POINTS,
        (*POINTS[1][:5], "-85.00", *POINTS[1][6:]),
        (*POINTS[1][:5], "84.99", *POINTS[1][6:]),
    )
    own = program_tracker(same_books(scope, "atlas")).tables["90.8"]
    assert own.title.endswith("(material: 85.00 and more)")
    shown = own.frame.sort_values("amount")[["amount", "material"]].to_dict("split")["data"]
    assert shown == [[Decimal("-85"), "yes"], [Decimal("25"), None], [Decimal("84.99"), None], [Decimal("1500"), "yes"]]
    by_program = close_summary(same_books(scope, COMPANY)).tables["91.5"].frame
    assert dict(zip(by_program["program"], by_program["material"], strict=True)) == {
        "atlas": 2, "borealis": 0, "company": 0, "Total": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("revenue", "limit"),
    [("0", "5000.00"), ("-400", "5000.00"), ("100000.10", "5000.00"), ("99999.90", "5000.00"), ("99999.70", "4999.99")],
)
def test_materiality_is_the_lower_of_its_limits(tmp_path: Path, revenue: str, limit: str) -> None:
    """A month that earned nothing has no percentage to be measured by; half a cent counts as a whole one."""
    assert material_from(tracked_company(tmp_path), Decimal(revenue)) == Decimal(limit)


def test_a_page_without_a_run_says_that_nothing_was_gathered(atlas: Scope) -> None:
    tables = program_tracker(atlas).tables
    assert all("no run has gathered it yet" in tables[id].title for id in ("90.7", "90.8"))
    assert len(tables["90.8"].frame) == 0


def test_every_figure_is_the_sum_of_its_rows(company: Scope) -> None:
    for figure in close_summary(company).figures.values():
        if figure.population is not None:
            assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id


def test_pictures_show_the_months_and_the_programs(atlas: Scope, company: Scope) -> None:
    pictures = {chart.id: chart for chart in (*program_tracker(atlas).charts, *close_summary(company).charts)}
    assert pictures["90.c1"].kind == "lines"
    assert pictures["90.c1"].data["data"][-1] == {"label": "2026-05", "amounts": ["1700.00", "340.00", "1360.00"]}
    assert pictures["91.c3"].data["data"] == [
        {"label": "atlas", "amounts": ["340.00", "1360.00"]},
        {"label": "borealis", "amounts": ["30.00", "-30.00"]},
    ]
