"""What drove a change: volume, price, new, ended, other and the rest, in ledgers worked by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import flux_by, flux_profit_and_loss
from close_library.errors import BooksError, ParameterError
from close_library.evidence import Result, Scope
from close_library.parameters import COMPANY
from close_library.period import Period
from tests.accounting.contracts import contracts, sign
from tests.accounting.flux import FLUX_ACCOUNTS, LIMITS, same_flux
from tests.accounting.vendors import vendor_tables
from tests.ledgers import small_company

CHART = """
gl_accounts
account account_name account_type
4000    Revenue      revenue
5000    Vendors      expense
"""
PARTS = ("volume", "price", "new", "ended", "other", "not_of_contracts")
COST_PARTS = ("cost_quantity", "cost_rate", "cost_new", "cost_ended", "cost_other", "not_of_work")


def company(tmp_path: Path, program: str = COMPANY, text: str = "") -> Scope:
    return small_company(tmp_path, CHART + text, "2026-05", program, accounts=FLUX_ACCOUNTS, flux=LIMITS)


def revenue_company(tmp_path: Path, program: str = COMPANY, **tables: str) -> Scope:
    return company(tmp_path, program, "\n\n" + contracts(**tables))


def parts(flux: Result, names: tuple[str, ...] = PARTS, item: str = "") -> dict[str, str]:
    """The parts that are not 0.00, of all lines or of one, against the prior month."""
    ids = {name: f"{name}:{item}:prior_month" if item else f"{name}:prior_month" for name in names}
    found = {name: flux.figures[id].money for name, id in ids.items() if id in flux.figures}
    return {name: f"{amount:.2f}" for name, amount in found.items() if amount}


USAGE = "{} c-1 {} usage as_delivered {}"


def test_volume_at_the_price_before_and_price_on_the_quantity_now(tmp_path: Path) -> None:
    """100 at 2.00 in April, 130 at 2.50 in May: volume 30 × 2.00 = 60, price 0.50 × 130 = 65."""
    flux = flux_profit_and_loss(
        revenue_company(
            tmp_path,
            contract_lines="""
                u c-1 labels usage as_delivered 2.00 . .          2026-04-30
                u c-1 labels usage as_delivered 2.50 . 2026-05-01 .
            """,
            deliveries="d-1 u 2026-04-10 . 100\nd-2 u 2026-05-10 . 130",
            gl_entries="j-1 2026-04-30 4000 -200.00\nj-2 2026-05-31 4000 -325.00",
        )
    )
    assert parts(flux) == parts(flux, item="u") == {"volume": "60.00", "price": "65.00"}
    [draft] = flux.tables["40.2"].frame["draft"]
    assert draft == (
        "Draft: Revenue (4000) of atlas rose by 125.00 (62.5 %) against prior month (2026-04): "
        "volume +60.00 (u +60.00); price +65.00 (u +65.00)."
    )


def test_the_price_takes_the_rounding(tmp_path: Path) -> None:
    """3 for 0.100000 each give 0.10 a row, 0.10 in all of April's one row; at 1/3 of it each, 4 more are worth 0.13."""
    flux = flux_profit_and_loss(
        revenue_company(
            tmp_path,
            contract_lines="u c-1 labels usage as_delivered 0.0333",
            deliveries="d-1 u 2026-04-10 . 3\nd-2 u 2026-05-10 . 5\nd-3 u 2026-05-11 . 2",
            gl_entries="j-1 2026-04-30 4000 -0.10\nj-2 2026-05-31 4000 -0.24",
        )
    )
    assert parts(flux) == {"volume": "0.13", "price": "0.01"}


NEW_AND_ENDED = [
    # name, deliveries, parts
    ("new", "d-1 u 2026-05-10 . 10", {"new": "20.00"}),
    ("ended", "d-1 u 2026-04-10 . 10", {"ended": "-20.00"}),
    ("a month without any between", "d-1 u 2026-03-10 . 10", {}),
    ("rejected before: new", "d-1 u 2026-04-10 . 10 . rejected\nd-2 u 2026-05-10 . 10", {"new": "20.00"}),
    ("corrected to nothing: new", "d-1 u 2026-04-10 . 9\nd-2 u 2026-04-11 . -9\nd-3 u 2026-05-10 . 10", {"new": "20.00"}),
    ("corrected to nothing: ended", "d-1 u 2026-04-10 . 10\nd-2 u 2026-05-11 . -9\nd-3 u 2026-05-10 . 9", {"ended": "-20.00"}),
    ("taken back now", "d-1 u 2026-04-10 . 10\nd-2 u 2026-05-11 . -4", {"volume": "-28.00"}),
    ("taken back before", "d-1 u 2026-04-10 . -4\nd-2 u 2026-05-11 . 10", {"volume": "28.00"}),
    ("the same", "d-1 u 2026-04-10 . 10\nd-2 u 2026-05-11 . 10", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("deliveries", "expected"), [case[1:] for case in NEW_AND_ENDED], ids=[case[0] for case in NEW_AND_ENDED]
)
def test_what_is_new_and_what_has_ended(tmp_path: Path, deliveries: str, expected: dict[str, str]) -> None:
    """At 2.00 a unit, and nothing in the ledger: the rest takes the parts back."""
    flux = flux_profit_and_loss(
        revenue_company(
            tmp_path,
            contract_lines=USAGE.format("u", "labels", "2.00"),
            deliveries=deliveries,
            gl_entries="j-1 2026-05-31 5000 1.00",
        )
    )
    computed = sum((Decimal(amount) for amount in expected.values()), Decimal(0))
    assert parts(flux) == expected | ({"not_of_contracts": f"{-computed:.2f}"} if computed else {})


def test_quantities_before_that_cancel_at_two_prices_leave_no_price(tmp_path: Path) -> None:
    """10 at 2.00 less 10 at 3.00: −10.00 for no quantity in April; May's 20.00 less that is other."""
    flux = flux_profit_and_loss(
        revenue_company(
            tmp_path,
            contract_lines="""
                u c-1 labels usage as_delivered 2.00 . .          2026-04-15
                u c-1 labels usage as_delivered 3.00 . 2026-04-16 2026-04-30
                u c-1 labels usage as_delivered 2.00 . 2026-05-01 .
            """,
            deliveries="d-1 u 2026-04-10 . 10\nd-2 u 2026-04-20 . -10\nd-3 u 2026-05-10 . 10",
            gl_entries="j-1 2026-04-30 4000 10.00\nj-2 2026-05-31 4000 -20.00",
        )
    )
    assert parts(flux) == {"other": "30.00"}


def test_lines_without_a_quantity_are_other(tmp_path: Path) -> None:
    """A milestone accepted in April, a subscription that begins in May: neither volume nor price, neither new nor ended."""
    flux = flux_profit_and_loss(
        revenue_company(
            tmp_path,
            contract_lines="""
                m c-1 report milestone    on_acceptance   . . . . 700.00
                s c-1 access subscription ratable_monthly . . . . 1200.00 2026-05-01 2027-04-30
            """,
            deliveries="d-1 m 2026-04-10 2026-04-12 1 1",
            gl_entries="j-1 2026-04-30 4000 -700.00\nj-2 2026-05-31 4000 -100.00",
        )
    )
    assert parts(flux) == {"other": "-600.00"}
    assert parts(flux, item="m") == {"other": "-700.00"}
    assert parts(flux, item="s") == {"other": "100.00"}


def test_what_the_ledger_has_beyond_the_contracts_is_a_part_of_its_own(tmp_path: Path) -> None:
    """Computed 20 → 40; the ledger booked 20 → 95, of which 5 on no program."""
    scope = revenue_company(
        tmp_path,
        contract_lines=USAGE.format("u", "labels", "2.00"),
        deliveries="d-1 u 2026-04-10 . 10\nd-2 u 2026-05-11 . 20",
        gl_entries="j-1 2026-04-30 4000 -20.00\nj-2 2026-05-31 4000 -90.00\nj-3 2026-05-31 4000 -5.00 .",
    )
    assert parts(flux_profit_and_loss(scope)) == {"volume": "20.00", "not_of_contracts": "55.00"}
    atlas = flux_profit_and_loss(same_flux(scope, "2026-05", "atlas"))
    assert parts(atlas) == {"volume": "20.00", "not_of_contracts": "50.00"}
    rest = atlas.figures["not_of_contracts:prior_month"].population
    assert rest is not None
    assert sorted(str(amount) for amount in rest.rows()["amount"]) == ["-20.0000", "-40.0000", "20.0000", "90.0000"]
    total = flux_profit_and_loss(scope).tables["40.4"].frame.iloc[-1]
    assert (total["contract_line"], f"{total['change']:.2f}") == ("Total", "75.00")


def test_every_part_has_the_deliveries_that_make_it_up(tmp_path: Path) -> None:
    flux = flux_profit_and_loss(
        revenue_company(
            tmp_path,
            contract_lines=USAGE.format("u", "labels", "0.0333") + "\n" + USAGE.format("v", "words", "2.00"),
            deliveries="\n".join(
                ["d-1 u 2026-04-10 . 7", "d-2 v 2026-04-10 . 5", "d-0 v 2026-05-10 . 6"]
                + [f"e-{n} u 2026-05-{n:02d} . {n}" for n in range(1, 20)]
            ),
            gl_entries="j-1 2026-05-31 4000 -20.00",
        )
    )
    for figure in flux.figures.values():
        assert figure.population is not None
        rows = figure.population.rows()
        assert (len(rows), sum(rows["amount"], Decimal(0))) == (figure.population.count, figure.money), figure.id
    volume = flux.figures["volume:u:prior_month"].population
    assert volume is not None
    assert {*volume.rows()["source_table"]} == {"deliveries"}


def test_a_foreign_contract_is_taken_apart_in_functional_currency(tmp_path: Path) -> None:
    """10 EUR at 1.10, then 10 EUR at 1.20: no volume, 1.00 more by the rate, which is the price of a unit here."""
    flux = flux_profit_and_loss(
        revenue_company(
            tmp_path,
            contracts="c-1 atlas EUR",
            contract_lines=USAGE.format("u", "labels", "1.00"),
            deliveries="d-1 u 2026-04-10 . 10\nd-2 u 2026-05-10 . 10",
            fx_rates="EUR 2026-04-10 1.10\nEUR 2026-05-10 1.20",
            gl_entries="j-1 2026-04-30 4000 -11.00\nj-2 2026-05-31 4000 -12.00",
        )
    )
    assert parts(flux) == {"price": "1.00"}


def test_a_missing_rate_is_named_only_where_it_is_needed(tmp_path: Path) -> None:
    """No rate in March, which nobody compares; none on 05-10, which is compared."""
    tables = {
        "contracts": "c-1 atlas EUR",
        "contract_lines": USAGE.format("u", "labels", "1.00"),
        "gl_entries": "j-1 2026-05-31 4000 -12.00",
        "fx_rates": "EUR 2026-04-10 1.10",
    }
    deliveries = "d-0 u 2026-03-10 . 10\nd-1 u 2026-04-10 . 10"
    assert parts(flux_profit_and_loss(revenue_company(tmp_path / "a", deliveries=deliveries, **tables)))
    with pytest.raises(BooksError, match="EUR, 2026-05-10"):
        flux_profit_and_loss(
            revenue_company(tmp_path / "b", deliveries=deliveries + "\nd-2 u 2026-05-10 . 1", **tables)
        )


def test_a_catch_up_of_a_row_without_a_rate_is_refused_and_not_guessed(tmp_path: Path) -> None:
    """March earned 10 EUR at no known rate; signed at 11.00, it would look as if 11.00 were taken back."""
    tables = {
        "contracts": "c-1 atlas EUR",
        "contract_lines": USAGE.format("u", "labels", "1.00"),
        "deliveries": "d-0 u 2026-03-10 . 10\nd-1 u 2026-04-10 . 10\nd-2 u 2026-05-10 . 10",
        "gl_entries": "j-1 2026-05-31 4000 -12.00",
    }
    rates = "EUR 2026-04-10 1.10\nEUR 2026-05-10 1.20"
    for folder, more, expected in (("a", "EUR 2026-03-10 1.15", {"other": "0.50"}), ("b", "", {})):
        scope = revenue_company(tmp_path / folder, "atlas", **tables, fx_rates=f"{rates}\n{more}")
        sign(scope.books.directory, ("atlas", "revenue_to_date", "22.00"), ("atlas", "revenue_to_date:u", "22.00"))
        signed = same_flux(scope, "2026-05", "atlas")
        if expected:
            assert parts(flux_profit_and_loss(signed), ("other",)) == expected
            continue
        with pytest.raises(BooksError, match="EUR, 2026-03-10"):
            flux_profit_and_loss(signed)


def two_accounts(tmp_path: Path, lines: str, april: tuple[str, str], may: tuple[str, str]) -> list[str]:
    """The drafts of 4000 and 4010: labels of 200.00 in April and 300.00 in May, and the other lines given."""
    text = CHART + "4010 Subscriptions revenue\n\n" + contracts(
        contract_lines=USAGE.format("u", "labels", "2.00") + "\n" + lines,
        deliveries="d-1 u 2026-04-10 . 100\nd-2 u 2026-05-10 . 150",
        gl_entries="\n".join(f"j-{date}-{account} {date} {account} -{amount}"
                             for date, amounts in (("2026-04-30", april), ("2026-05-31", may))
                             for account, amount in zip(("4000", "4010"), amounts, strict=True)),
    )  # fmt: skip
    accounts = {**FLUX_ACCOUNTS, "revenue": ["4000", "4010"]}
    scope = small_company(tmp_path, text, "2026-05", "atlas", accounts=accounts, flux={**LIMITS, "amount": "40.00"})
    return [draft.split("(2026-04)")[1] for draft in flux_profit_and_loss(scope).tables["40.2"].frame["draft"]]


SEAT = "s c-1 seats subscription ratable_monthly . . . . {} 2026-05-01 2026-06-30"


def test_an_account_tells_of_its_own_lines_where_they_add_up_to_it_in_one_way(tmp_path: Path) -> None:
    """200.00 and 300.00 of labels are what 4000 holds, a seat of 500.00 a month is what 4010 holds."""
    drafts = two_accounts(tmp_path, SEAT.format("1000.00"), ("200.00", "0.00"), ("300.00", "500.00"))
    assert drafts == [": volume +100.00 (u +100.00).", ": other +500.00 (s +500.00)."]


def test_the_one_account_that_its_lines_do_not_add_up_to_has_what_is_beyond_them(tmp_path: Path) -> None:
    drafts = two_accounts(tmp_path, SEAT.format("1000.00"), ("200.00", "0.00"), ("300.01", "500.00"))
    assert drafts == [": volume +100.00 (u +100.00); not of contracts +0.01.", ": other +500.00 (s +500.00)."]
    drafts = two_accounts(tmp_path / "b", "", ("200.00", "0.00"), ("300.00", "500.00"))
    assert drafts == [": volume +100.00 (u +100.00).", ": not of contracts +500.00."]


@pytest.mark.parametrize(
    ("lines", "april", "may"),
    [
        ("", ("150.00", "50.00"), ("200.00", "100.00")),
        (SEAT.format("1000.00"), ("200.00", "0.00"), ("300.01", "500.01")),
        (
            SEAT.format("1000.00") + "\nf c-1 fee fixed_fee ratable_monthly . . . . 1000.00 2026-05-01 2026-06-30",
            ("200.00", "0.00"),
            ("800.00", "500.00"),
        ),
    ],
    ids=["one model on both accounts", "both beyond the lines", "two ways"],
)
def test_accounts_share_their_drivers_where_the_lines_add_up_in_no_way_or_in_several(
    tmp_path: Path, lines: str, april: tuple[str, str], may: tuple[str, str]
) -> None:
    drafts = two_accounts(tmp_path, lines, april, may)
    assert [" on accounts 4000, 4010 together " in draft for draft in drafts] == [True, True]


def test_without_a_revenue_account_there_is_nothing_to_take_apart(tmp_path: Path) -> None:
    text = CHART + "\n\n" + contracts(gl_entries="j-1 2026-05-31 4000 -300.00")
    scope = small_company(tmp_path, text, "2026-05", "atlas", accounts={"cash": ["1000"]}, flux=LIMITS)
    assert list(flux_profit_and_loss(scope).figures) == [
        f"{side}:4000:prior_month" for side in ("current", "comparison", "change")
    ]


VENDORS = {
    "vendors": "v-1",
    "vendor_rates": "base 0.50 2026-01-01 2026-04-30\nbase 0.60 2026-05-01\nbase 1.00 2026-01-01 . . review",
    "vendor_work": """
        w-1 2026-04-10 100 pat 2026-05-02
        w-2 2026-05-10 120 pat 2026-06-02
        w-3 2026-05-11 999 .   .
        w-4 2026-04-12 30  pat 2026-05-02 v-1 review
    """,
    "vendor_invoices": "vi-1 2026-05-20 25.00\nvi-2 2026-05-21 9.00 received",
    "vendor_invoice_lines": "vi-1 1 25.00\nvi-2 1 9.00",
    "gl_entries": "j-1 2026-04-30 5000 80.00\nj-2 2026-05-31 5000 99.00",
}
"""Labels 100 × 0.50 → 120 × 0.60: quantity 10.00, rate 12.00. Review 30.00 ended. A fee of 25.00. The ledger: 80 → 99."""


def test_vendor_cost_by_quantity_and_rate(tmp_path: Path) -> None:
    scope = company(tmp_path, text="\n\n" + vendor_tables(**VENDORS))
    flux = flux_profit_and_loss(scope)
    assert parts(flux, COST_PARTS) == {
        "cost_quantity": "10.00",
        "cost_rate": "12.00",
        "cost_ended": "-30.00",
        "cost_other": "25.00",
        "not_of_work": "2.00",
    }
    assert parts(flux, COST_PARTS, "label") == {"cost_quantity": "10.00", "cost_rate": "12.00"}
    frame = flux_by(scope, "work_type").table
    assert frame["work_type"].tolist() == ["label", "lines that name no work", "review", "not of work", "Total"]
    assert [f"{amount:.2f}" for amount in frame["change"]] == ["22.00", "25.00", "-30.00", "2.00", "19.00"]


LEDGER = """
    programs
    program_id
    atlas
    borealis

    gl_entries
    account program_id customer_id effective_date amount   journal_source
    4000    atlas      acme        2026-02-10     -100.00  revenue
    4000    atlas      acme        2026-04-10     -200.00  revenue
    4000    atlas      beta        2026-05-10     -300.00  revenue
    4000    borealis   acme        2026-05-11     -50.00   manual
    5000    .          .           2026-05-12     40.00    manual
    1200    atlas      acme        2026-04-10     200.00   revenue
    1200    atlas      beta        2026-05-10     300.00   revenue

    budgets
    scenario account program_id period  amount
    budget   4000    atlas      2026-04 -250.00
    budget   4000    atlas      2026-05 -250.00
"""


def sliced(flux: Result, *columns: str) -> list[str]:
    """The rows of the table as words: the slices, then current, comparison, change."""
    rows = flux.table.to_dict("records")
    return [
        " ".join([str(row[name]) for name in columns] + [f"{row[side]:.0f}" for side in ("current", "comparison", "change")])
        for row in rows
    ]  # fmt: skip


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    text = CHART + "1200 Receivables asset\n\n" + LEDGER
    return small_company(tmp_path_factory.mktemp("slices"), text, "2026-05", accounts=FLUX_ACCOUNTS)


def test_any_slice_of_the_ledger_in_one_call(slices: Scope) -> None:
    assert sliced(flux_by(slices, "account"), "account") == ["4000 350 200 150", "5000 40 0 40"]
    assert sliced(flux_by(slices, ("program", "customer"), accounts=["4000"]), "program", "customer") == [
        "atlas acme 0 200 -200",
        "atlas beta 300 0 300",
        "borealis acme 50 0 50",
        "Total None 350 200 150",
    ]
    assert sliced(flux_by(slices, "source", programs=["borealis", COMPANY]), "source") == ["manual 90 0 90"]
    assert sliced(flux_by(slices, "program", programs=[COMPANY]), "program") == ["no program 40 0 40", "Total 40 0 40"]


def test_any_interval_and_any_comparison(slices: Scope) -> None:
    revenue = {"accounts": ["4000"]}
    assert sliced(flux_by(slices, "account", comparison="2026-02", **revenue), "account")[-1] == "Total 350 100 250"
    assert (
        sliced(flux_by(slices, "account", comparison="prior_quarter", **revenue), "account")[-1] == "Total 350 100 250"
    )
    two = (Period(2026, 4).first_day, Period(2026, 5).last_day)
    assert sliced(flux_by(slices, "account", current=two, **revenue), "account")[-1] == "Total 550 200 350"
    assert (
        sliced(flux_by(slices, "account", current=two, comparison="budget", **revenue), "account")[-1]
        == "Total 550 500 50"
    )
    assert sliced(flux_by(slices, "program", current="2026-04", comparison="budget"), "program") == [
        "atlas 200 250 -50",
        "Total 200 250 -50",
    ]


def test_a_balance_sheet_account_stands_at_its_balance(slices: Scope) -> None:
    assert sliced(flux_by(slices, ("type", "account"), accounts=["1200", "4000"]), "type", "account") == [
        "asset 1200 500 200 300",
        "revenue 4000 350 200 150",
    ]
    flux = flux_by(slices, "account", accounts=["1200"])
    assert f"{flux.change.money:.2f}" == "300.00"
    assert flux.change.population is not None
    assert len(flux.change.population.rows()) == 1


REFUSED = [
    # name, arguments, what the message says
    ("a slice nobody knows", {"by": "colour"}, "found: +colour"),
    ("no slice", {"by": ()}, "found: +nothing"),
    ("a ledger slice with contract lines", {"by": ("contract_line", "customer")}, "found: +customer"),
    ("accounts with contract lines", {"by": "contract_line", "accounts": ["4000"]}, "found: +4000"),
    ("contract lines against a budget", {"by": "contract_line", "comparison": "budget"}, "has no quantities"),
    ("a comparison nobody knows", {"by": "account", "comparison": "last_week"}, "found: +last_week"),
    ("not a month", {"by": "account", "current": "2026-13"}, "found: +2026-13"),
    ("half a month against a budget",
     {"by": "account", "current": (Period(2026, 5).first_day,) * 2, "comparison": "budget"}, "whole months"),
    ("an interval that ends before it begins",
     {"by": "account", "current": (Period(2026, 5).last_day, Period(2026, 5).first_day)}, "not after the last"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_can_t_be_compared_is_refused_in_words(slices: Scope, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        flux_by(slices, **arguments)  # type: ignore[arg-type]
