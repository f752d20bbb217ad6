"""Workpaper 72 over small ledgers: what vendors billed against what they are owed, with the near misses beside each finding."""

from decimal import Decimal
from pathlib import Path

from close_library.accounting import reviewed_total, vendor_figure, vendor_work_review
from close_library.evidence import Result, Scope
from tests.accounting.vendors import same_books, vendor_company
from tests.ledgers import amounts, found

CARD = """
    base       0.24    2026-01-01  .
    base       0.255   2026-01-01  2026-04-30  v-2
    base       0.2625  2026-05-01  .           v-2
    bonus      0.03    2026-04-01  2026-04-30  v-1
"""


def reviewed(scope: Scope) -> Result:
    """The review, whose figures are the sums of their rows and whose lines are those of workpaper 24."""
    result = vendor_work_review(scope)
    for figure in result.figures.values():
        assert figure.population is not None
        assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id
    assert result.owed.money + result.difference.money == result.billed.money
    assert reviewed_total(result) == vendor_figure(scope, "vendor_invoiced").money
    return result


def test_lines_at_the_owed_rate_and_at_another(tmp_path: Path) -> None:
    """Boundary days of rate and bonus, a base without its bonus; lines without rate, work or known work can't be compared."""
    scope = vendor_company(
        tmp_path,
        program="atlas",
        vendor_rates=CARD,
        vendor_work="""
            last-day   2026-04-30  100  pat  2026-05-02  v-2
            first-day  2026-05-01  100  pat  2026-05-02  v-2
            old-rate   2026-05-01  100  pat  2026-05-02  v-2
            bonus      2026-04-30  100  pat  2026-05-02  v-1
            no-bonus   2026-04-30  100  pat  2026-05-02  v-1
            too-late   2026-05-01  100  pat  2026-05-02  v-1
            unrated    2026-05-01  100  pat  2026-05-02  v-1  audio
            silent     2026-05-01  100  pat  2026-05-02  v-1
        """,
        vendor_invoices="i-1 2026-05-10 1\ni-2 2026-05-10 1 received",
        vendor_invoice_lines="""
            i-1  1  25.50  last-day   100  0.255
            i-1  2  26.25  first-day  100  0.2625
            i-1  3  25.50  old-rate   100  0.255
            i-1  4  27.00  bonus      100  0.27
            i-1  5  24.00  no-bonus   100  0.24
            i-2  1  27.00  too-late   100  0.27
            i-2  2  10.00  unrated    100  0.10
            i-2  3  24.00  silent     100  .
            i-2  4  99.00  nobody-s   100  0.99
            i-2  5  5.00   .          1    5
        """,
    )
    result = reviewed(scope)
    assert found(result) == [
        ("vendor_rate_differs", "i-1:3", "-0.75"),
        ("vendor_rate_differs", "i-1:5", "-3.00"),
        ("vendor_rate_differs", "i-2:1", "3.00"),
        ("vendor_rate_differs", "i-2:2", "10.00"),
    ]
    assert amounts(result) == {
        "work_reviewed": "8.00",
        "owed": "180.00",
        "billed": "288.25",
        "difference": "108.25",
        "billed_without_work": "5.00",
        "billed_not_approved": "165.00",
    }
    assert result.findings[1].message == (
        "Line 5 of invoice i-1 bills 0.24 for label of 2026-04-30; 0.27 is owed, the standard card's rate 0.24 and bonus 0.03: "
        "(3.00) USD."
    )
    assert "no base rate is in force: 10.00 USD." in result.findings[3].message
    assert list(result.tables["72.4"].frame["why"]) == ["rate differs"] * 4 + ["no such work"]


def test_quantities_of_approved_work_line_by_line(tmp_path: Path) -> None:
    """Billed less than approved is negative; work approved later is approved; a line without quantity is not compared."""
    scope = vendor_company(
        tmp_path,
        program="atlas",
        vendor_rates="base 0.5",
        vendor_work="""
            agreed   2026-05-01  90
            more     2026-05-01  90
            less     2026-05-01  90
            later    2026-05-01  90  pat  2026-08-01
            silent   2026-05-01  90
            nothing  2026-05-01  .
        """,
        vendor_invoices="i-1 2026-05-31 1",
        vendor_invoice_lines="""
            i-1  1  45.00  agreed   90   0.5
            i-1  2  50.00  more     100  0.5
            i-1  3  44.75  less     89.5 0.5
            i-1  4  50.00  later    100  .
            i-1  5  45.00  silent   .    0.5
            i-1  6  5.00   nothing  10   0.5
        """,
    )
    assert found(reviewed(scope)) == [
        ("vendor_quantity_differs", "i-1:2", "5.00"),
        ("vendor_quantity_differs", "i-1:3", "-0.25"),
        ("vendor_quantity_differs", "i-1:4", "5.00"),
        ("vendor_quantity_differs", "i-1:6", "5.00"),
    ]


def test_work_that_nobody_approved_says_nothing_of_its_quantity(tmp_path: Path) -> None:
    """But its rate is tested. On a void invoice it is not billed."""
    scope = vendor_company(
        tmp_path,
        program="atlas",
        vendor_rates="base 0.5",
        vendor_work="""
            nobody  2026-05-01  90  .
            no-day  2026-05-01  90  pat  .
            later   2026-05-01  90  pat  2026-08-01
            void    2026-05-01  90  .
        """,
        vendor_invoices="i-1 2026-05-31 1 paid\ni-2 2026-05-31 1 void",
        vendor_invoice_lines="""
            i-1  1  50.00  nobody  100  0.5
            i-1  2  60.00  no-day  100  0.6
            i-1  3  45.00  later   90   0.5
            i-2  1  50.00  void    100  0.6
        """,
    )
    result = reviewed(scope)
    assert found(result) == [
        ("vendor_rate_differs", "i-1:2", "10.00"),
        ("vendor_work_not_approved", "i-1:1", "50.00"),
        ("vendor_work_not_approved", "i-1:2", "60.00"),
    ]
    assert amounts(result, "owed", "difference") == {"owed": "45.00", "difference": "110.00"}


TWICE = {
    "vendor_rates": "base 0.5",
    "vendor_work": "w-1 2026-04-01\nw-2 2026-04-01\nw-3 2026-04-01\nw-4 2026-04-01",
    "vendor_invoices": """
        i-1  2026-04-10  1  paid
        i-2  2026-05-10  2  received
        i-3  2026-05-11  3  void
        i-4  2026-06-10  4  approved
    """,
    "vendor_invoice_lines": """
        i-1  1  50.00  w-1  100  0.5
        i-1  2  50.00  w-2  100  0.5
        i-2  1  49.00  w-1  98   0.5
        i-2  2  50.00  w-3  100  0.5
        i-2  3  51.00  w-3  102  0.5
        i-3  1  50.00  w-2  100  0.5
        i-3  2  50.00  w-4  100  0.5
        i-4  1  50.00  w-4  100  0.5
        i-4  2  48.00  w-1  100  0.48
        i-4  3  48.00  w-1  100  0.48
    """,
}


def test_work_that_stands_on_two_lines(tmp_path: Path) -> None:
    """In the period of the later line; on a void invoice it is not billed; two later lines of a period are one finding."""
    scope = vendor_company(tmp_path, program="atlas", **TWICE)

    def twice(period: str) -> list[tuple[str, str, str]]:
        return [f for f in found(reviewed(same_books(scope, period, "atlas"))) if f[0] == "vendor_work_billed_twice"]

    assert twice("2026-04") == []
    assert twice("2026-05") == [
        ("vendor_work_billed_twice", "w-1", "49.00"),
        ("vendor_work_billed_twice", "w-3", "51.00"),
    ]
    assert twice("2026-06") == [("vendor_work_billed_twice", "w-1", "96.00")]


def test_work_billed_again_is_owed_once(tmp_path: Path) -> None:
    scope = vendor_company(tmp_path, "2026-06", "atlas", **TWICE)
    assert amounts(reviewed(scope), "work_reviewed", "owed", "billed", "difference") == {
        "work_reviewed": "2.00",
        "owed": "50.00",
        "billed": "146.00",
        "difference": "96.00",
    }
    [message] = [f.message for f in reviewed(scope).findings if f.finding == "vendor_work_billed_twice"]
    assert message == "Work w-1 stands on invoice i-2 already and is billed again on i-4:2, i-4:3: 96.00 USD."


def test_invoices_sent_twice(tmp_path: Path) -> None:
    """By number, or by service period and amount, of one vendor; a voided one, an empty period, and other amounts are none."""
    invoices = {
        "number-1": "2026-05-01 10.00 paid v-1 atlas USD 2026-04 A-1",
        "number-2": "2026-05-02 11.00 received v-1 atlas USD 2026-05 A-1",
        "period-1": "2026-04-01 20.00 paid v-1 atlas USD 2026-03 B-1",
        "period-2": "2026-05-03 20.00 approved v-1 atlas USD 2026-03 B-2",
        "void-1": "2026-05-01 30.00 paid v-2 atlas USD 2026-04 C-1",
        "void-2": "2026-05-02 30.00 void v-2 atlas USD 2026-04 C-1",
        "empty-1": "2026-05-01 40.00 paid v-2 atlas USD . D-1",
        "empty-2": "2026-05-02 40.00 paid v-2 atlas USD . D-2",
        "vendor-1": "2026-05-01 50.00 paid v-1 atlas USD 2026-02 E-1",
        "vendor-2": "2026-05-02 50.00 paid v-2 atlas USD 2026-02 E-1",
        "amount-1": "2026-05-01 60.00 paid v-1 atlas USD 2026-01 F-1",
        "amount-2": "2026-05-02 60.01 paid v-1 atlas USD 2026-01 F-2",
        "currency-1": "2026-05-01 70.00 paid v-2 atlas USD 2026-03 G-1",
        "currency-2": "2026-05-02 70.00 paid v-2 atlas EUR 2026-03 G-2",
        "june-1": "2026-05-01 80.00 paid v-3 atlas USD 2026-04 H-1",
        "june-2": "2026-06-01 80.00 paid v-3 atlas USD 2026-04 H-1",
        "three-1": "2026-05-04 90.00 paid v-4 atlas USD 2026-04 I-1",
        "three-2": "2026-05-04 90.00 paid v-4 borealis USD 2026-04 I-1",
        "three-3": "2026-05-05 90.00 paid v-4 atlas USD . I-1",
    }
    scope = vendor_company(
        tmp_path,
        program="atlas",
        programs="atlas\nborealis",
        vendor_invoices="\n".join(f"{id} {row}" for id, row in invoices.items()),
        fx_rates="EUR 2026-05-02 1.1",
    )

    def twice(period: str, program: str) -> list[tuple[str, str]]:
        findings = found(reviewed(same_books(scope, period, program)))
        assert {name for name, _, _ in findings} <= {"vendor_invoice_duplicate"}
        return [(key, amount) for _, key, amount in findings]

    assert twice("2026-05", "atlas") == [("number-2", "11.00"), ("period-2", "20.00"), ("three-3", "90.00")]
    assert twice("2026-05", "borealis") == [("three-2", "90.00")]
    assert twice("2026-06", "atlas") == [("june-2", "80.00")]


def test_a_foreign_invoice_is_compared_in_its_currency_and_shown_at_its_day_s_rate(tmp_path: Path) -> None:
    """In another currency than the vendor's the rate is not compared, and the schedule says so; the difference stands."""
    scope = vendor_company(
        tmp_path,
        program="atlas",
        vendors="v-1 EUR",
        vendor_rates="base 0.5",
        vendor_work="same 2026-05-01\nhigh 2026-05-01\nusd 2026-05-01",
        vendor_invoices="e 2026-05-10 1 approved v-1 atlas EUR\nu 2026-05-10 2 approved v-1 atlas USD",
        vendor_invoice_lines="e 1 50.00 same 100 0.5\ne 2 51.00 high 100 0.51\nu 1 50.00 usd 100 0.5",
        fx_rates="EUR 2026-05-10 1.2",
    )
    result = reviewed(scope)
    assert found(result) == [("vendor_rate_differs", "e:2", "1.20")]
    assert amounts(result, "owed", "billed", "difference") == {
        "owed": "180.00",
        "billed": "171.20",
        "difference": "-8.80",
    }
    assert list(result.tables["72.4"].frame["why"]) == ["rate differs", "another currency: rate not compared"]


def test_without_a_rate_card_no_rate_is_wrong(tmp_path: Path) -> None:
    """The table is missing, not the row; approvals and quantities are tested all the same."""
    scope = vendor_company(
        tmp_path,
        program="atlas",
        vendor_work="w-1 2026-05-01 100 .\nw-2 2026-05-01 90",
        vendor_invoices="i-1 2026-05-10 1",
        vendor_invoice_lines="i-1 1 50.00 w-1 100 0.5\ni-1 2 50.00 w-2 100 0.5",
    )
    assert found(reviewed(scope)) == [
        ("vendor_quantity_differs", "i-1:2", "5.00"),
        ("vendor_work_not_approved", "i-1:1", "50.00"),
    ]


def test_the_checks_say_how_much_was_tested(tmp_path: Path) -> None:
    checks = vendor_work_review(vendor_company(tmp_path, "2026-06", "atlas", **TWICE)).tables["72.1"].frame
    assert [(row["tested"], row["failed"], f"{row['at_stake']:.2f}") for row in checks.to_dict("records")] == [
        (3, 2, "-4.00"),
        (3, 0, "0.00"),
        (3, 0, "0.00"),
        (2, 1, "96.00"),
        (1, 0, "0.00"),
    ]


def test_doubled_work_is_looked_up_by_its_first_row(tmp_path: Path) -> None:
    scope = vendor_company(
        tmp_path,
        program="atlas",
        vendor_rates="base 0.5",
        vendor_work="w-1 2026-05-01 100\nw-1 2026-05-01 90",
        vendor_invoices="i-1 2026-05-10 1",
        vendor_invoice_lines="i-1 1 50.00 w-1 100 0.5",
    )
    assert found(reviewed(scope)) == []
    assert amounts(reviewed(scope), "work_reviewed", "owed") == {"work_reviewed": "1.00", "owed": "50.00"}
