"""Cash and payouts on small ledgers: the way of the money, each finding beside its near misses, foreign money."""

from pathlib import Path

import pytest

from close_library.accounting import cash_and_payouts
from close_library.accounting.cash.cash_and_payouts import gross_less_fees, money_in_placed, receipts_placed
from close_library.errors import BooksError
from tests.ledgers import ACCOUNTS, amounts, found, scope_of, small_company

WITH_CLEARING = ACCOUNTS | {"processor_clearing": ["1050"]}

WAY = """
    processor_transactions
    transaction_id  transaction_type  created     currency  gross    fee   net      payout_id  source_id
    t-1             charge            2026-05-04  USD       100.00   3.20  96.80    po-1       ch-1
    t-2             charge            2026-05-05  USD       200.00   6.10  193.90   po-1       ch-2
    t-3             refund            2026-05-06  USD       -50.00   0.00  -50.00   po-1       re-1
    t-4             payout            2026-05-08  USD       -240.70  0.00  -240.70  po-1       po-1
    t-5             dispute           2026-05-12  USD       -80.00   15.00 -95.00   po-2       dp-1
    t-6             charge            2026-05-13  USD       40.00    1.46  38.54    po-2       ch-3
    t-7             payout            2026-05-15  USD       56.46    0.00  56.46    po-2       po-2
    t-8             charge            2026-05-30  USD       60.00    2.04  57.96    .          ch-4
    t-9             charge            2026-04-30  USD       10.00    0.59  9.41     po-0       ch-0

    payouts
    payout_id  arrival_date  currency  amount   status      bank_reference  is_automatic
    po-0       2026-05-01    USD       9.41     paid        STP0            true
    po-1       2026-05-11    USD       240.70   paid        STP1            true
    po-2       2026-05-18    USD       -56.46   paid        STP2            true
    po-3       2026-05-20    USD       25.00    paid        STP3            false
    po-4       2026-06-02    USD       57.96    in_transit  .               true

    cash_receipts
    receipt_id  receipt_date  currency  amount   reference  bank_reference  payout_id
    card-1      2026-05-04    USD       100.00   c-1        .               po-1
    card-2      2026-05-05    USD       200.00   c-2        .               po-1
    card-4      2026-05-30    USD       60.00    ch-4       .               .
    wire-1      2026-05-07    USD       1000.00  W-1        BK-1            .

    bank_transactions
    bank_transaction_id  bank_account  value_date  currency  amount   reference  description
    b-0                  main          2026-05-01  USD       9.41     STP0       payout
    b-1                  main          2026-05-11  USD       240.70   STP1       payout
    b-2                  main          2026-05-18  USD       -56.46   STP2       payout
    b-3                  main          2026-05-20  USD       25.00    stp3       payout
    b-4                  main          2026-05-07  USD       1000.00  BK-1       wire
    b-5                  main          2026-05-21  USD       -300.00  RENT       rent

    gl_entries
    journal_id  line_number  account  effective_date  amount    document_number
    j-1         1            1000     2026-05-07      1000.00   wire-1
    j-2         1            1050     2026-05-04      100.00    card-1
    j-3         1            1050     2026-05-05      200.00    card-2
    j-4         1            1050     2026-05-30      60.00     card-4
    j-5         1            1000     2026-05-01      9.41      po-0
    j-6         1            1000     2026-05-11      240.70    po-1
    j-7         1            1000     2026-05-18      -56.46    po-2
    j-8         1            1000     2026-05-20      25.00     po-3
    j-9         1            1000     2026-05-21      -300.00   rent

    account_balances
    account  period   opening_balance  closing_balance
    1000     2026-05  5000.00          5918.65
"""


def test_the_whole_way_of_the_money(tmp_path: Path) -> None:
    """Fees, a refund, a dispute, an instant payout, a negative one and a charge that waits: everything ties, nothing is found."""
    cash = cash_and_payouts(small_company(tmp_path, WAY, accounts=WITH_CLEARING))
    assert found(cash) == []
    assert amounts(cash) == {
        "processor_gross": "270.00",
        "processor_fees": "27.80",
        "processor_net": "242.20",
        "payouts": "218.65",
        "payouts_itemised": "193.65",
        "payout_transactions": "193.65",
        "bank_in": "1275.11",
        "matched": "1275.11",
        "bank_open": "0.00",
        "receipts": "1360.00",
        "receipts_in_payouts": "360.00",
        "receipts_in_bank": "1000.00",
        "receipts_open": "0.00",
        "unmatched_bank": "0.00",
        "unmatched_receipts": "0.00",
        "unmatched_payouts": "0.00",
        "receipts_general_ledger": "1360.00",
        "bank_adjusted": "5918.65",
        "cash_general_ledger": "5918.65",
        "opening_items": "0.00",
    }
    assert gross_less_fees(cash) == cash.processor_net.amount
    assert money_in_placed(cash) == cash.bank_in.amount
    assert len(set(receipts_placed(cash))) == 1


def test_every_figure_is_the_sum_of_its_rows(tmp_path: Path) -> None:
    cash = cash_and_payouts(small_company(tmp_path, WAY, accounts=WITH_CLEARING))
    for figure in cash.figures.values():
        assert figure.population is not None
        assert figure.population.rows()["amount"].sum() == figure.amount, figure.id


MONEY = """
    bank_transactions
    bank_transaction_id  bank_account  value_date  currency  amount  reference  description
    {bank}

    cash_receipts
    receipt_id  receipt_date  amount  reference  bank_reference  payout_id
    {receipts}

    gl_entries
    journal_id  line_number  account  effective_date  amount
    j-1         1            1000     2026-05-07      0.00
"""


def money(bank: str = "", receipts: str = "", more: str = "") -> str:
    """A company's tables: lines of the bank (id date amount reference), receipts (id date amount reference bank payout)."""
    lines = [line.split() for line in bank.split("\n") if line.strip()]
    spelled = "\n".join(f"{id} main {day} USD {amount} {reference} ." for id, day, amount, reference in lines)
    return MONEY.format(bank=spelled, receipts=receipts) + more


def test_processor_rows_that_do_not_foot(tmp_path: Path) -> None:
    """A row of April is April's; a fee of zero and a negative row foot."""
    text = money(more="""
        processor_transactions
        transaction_id  transaction_type  created     currency  gross   fee   net
        right           charge            2026-05-04  USD       10.00   0.30  9.70
        short           charge            2026-05-31  USD       10.00   0.30  9.60
        free            refund            2026-05-05  USD       -10.00  0.00  -10.00
        early           charge            2026-04-30  USD       10.00   0.00  9.00
        late            charge            2026-06-01  USD       10.00   0.00  9.00
    """)  # fmt: skip
    assert found(cash_and_payouts(small_company(tmp_path, text))) == [("processor_row_differs", "short", "0.10")]


def test_payouts_that_differ_from_their_transactions(tmp_path: Path) -> None:
    """Manual ones, ones that no row names, ones that only their own row names, and another period's are near misses."""
    text = money(
        bank="\n".join(f"b-{n} 2026-05-{n:02} {amount} S-{n}" for n, amount in (
            (4, "9.00"), (5, "8.00"), (6, "7.00"), (7, "6.00"), (8, "5.00"), (9, "-3.00"))),
        more="""
        payouts
        payout_id  arrival_date  currency  amount  status  bank_reference  is_automatic
        below      2026-05-04    USD       9.00    paid    S-4             true
        unsaid     2026-05-05    USD       8.00    paid    S-5             .
        instant    2026-05-06    USD       7.00    paid    S-6             false
        unnamed    2026-05-07    USD       6.00    paid    S-7             true
        its-own    2026-05-08    USD       5.00    paid    S-8             true
        negative   2026-05-09    USD       -3.00   paid    S-9             true
        april      2026-04-09    USD       4.00    failed  .               true

        processor_transactions
        transaction_id  transaction_type  created     currency  gross  fee   net    payout_id  source_id
        t-1             charge            2026-05-01  USD       10.00  0.00  10.00  below      ch-1
        t-2             charge            2026-05-01  USD       7.50   0.00  7.50   unsaid     ch-2
        t-3             charge            2026-05-01  USD       9.50   0.00  9.50   instant    ch-3
        t-4             payout            2026-05-01  USD       -5.00  0.00  -5.00  its-own    its-own
        t-5             refund            2026-05-01  USD       -3.00  0.00  -3.00  negative   re-1
        t-6             charge            2026-04-01  USD       9.00   0.00  9.00   april      ch-4
    """)  # fmt: skip
    assert found(cash_and_payouts(small_company(tmp_path, text))) == [
        ("payout_differs", "below", "-1.00"),
        ("payout_differs", "unsaid", "0.50"),
    ]


def test_payouts_that_never_reach_the_bank(tmp_path: Path) -> None:
    """The fifth day of grace, one under way, a failed one and one that the bank has after T: only the sixth day is found."""
    text = money(
        bank="""
        b-1 2026-06-02 10.00 S-1
        b-2 2026-05-20 33.00 S-4
        """,
        more="""
        payouts
        payout_id  arrival_date  currency  amount   status      bank_reference
        day-5      2026-05-26    USD       11.00    paid        S-1
        day-6      2026-05-25    USD       12.00    paid        S-2
        after-t    2026-05-10    USD       10.00    paid        S-1
        under-way  2026-05-01    USD       13.00    in_transit  .
        failed     2026-05-01    USD       14.00    failed      .
        there      2026-05-18    USD       33.00    paid        .
        negative   2026-05-02    USD       -7.00    paid        S-6
    """,
    )
    scope = small_company(tmp_path, text)
    may = [
        ("payout_not_in_bank", "after-t", "10.00"),
        ("payout_not_in_bank", "day-6", "12.00"),
        ("payout_not_in_bank", "negative", "-7.00"),
    ]
    assert found(cash_and_payouts(scope)) == may
    assert amounts(cash_and_payouts(scope), "unmatched_payouts") == {"unmatched_payouts": "26.00"}
    june = found(cash_and_payouts(scope_of(tmp_path / "books", "2026-06")))
    assert june == [("payout_not_in_bank", "day-5", "11.00"), *may[1:]], (
        "what has arrived is cleared, the rest stands again"
    )


def test_receipts_that_are_neither_in_the_bank_nor_in_a_payout(tmp_path: Path) -> None:
    """By the bank's reference, the payer's, the amount within five days or as part of a sum, a receipt is in the bank."""
    text = money(
        bank="""
        b-1 2026-05-03 10.00 BK-1
        b-2 2026-05-03 20.00 w-2
        b-3 2026-05-08 30.00 .
        b-4 2026-05-26 40.00 .
        b-5 2026-05-04 90.00 DEP-5
        b-6 2026-05-12 -15.00 .
        b-7 2026-06-01 70.00 BK-7
        """,
        receipts="""
        by-bank     2026-05-28  10.00   W-1  BK-1   .
        by-payer    2026-05-01  20.00   W-2  BK-2   .
        day-5       2026-05-03  30.00   .    .      .
        day-6       2026-05-20  40.00   .    .      .
        in-sum-1    2026-05-20  50.00   .    DEP-5  .
        in-sum-2    2026-05-20  40.00   .    DEP-5  .
        refund      2026-05-11  -15.00  W-4  .      .
        in-payout   2026-05-30  60.00   W-5  .      po-9
        after-t     2026-05-29  70.00   W-6  BK-7   .
        lost        2026-04-02  80.00   W-7  BK-8   .
    """,
    )
    scope = small_company(tmp_path, text)
    assert found(cash_and_payouts(scope)) == [
        ("bank_receipt_not_recorded", "b-4", "40.00"),
        ("receipt_not_in_bank", "after-t", "70.00"),
        ("receipt_not_in_bank", "day-6", "40.00"),
        ("receipt_not_in_bank", "lost", "80.00"),
    ]
    april = cash_and_payouts(scope_of(tmp_path / "books", "2026-04"))
    assert found(april) == [("receipt_not_in_bank", "lost", "80.00")]


def test_two_receipts_of_the_same_amount(tmp_path: Path) -> None:
    """Both in the bank without a word: nothing. One of two: the nearer is there; of equals the later by id is not."""
    text = money(
        bank="""
        b-1 2026-05-04 10.00 .
        b-2 2026-05-05 10.00 .
        b-3 2026-05-11 20.00 .
        b-4 2026-05-20 30.00 BK-4
        """,
        receipts="""
        both-1   2026-05-03  10.00  W-1  .     .
        both-2   2026-05-03  10.00  W-2  .     .
        near     2026-05-12  20.00  W-3  .     .
        far      2026-05-15  20.00  W-4  .     .
        first    2026-05-20  30.00  W-5  BK-4  .
        second   2026-05-20  30.00  W-5  BK-4  .
    """,
    )
    cash = cash_and_payouts(small_company(tmp_path, text))
    assert found(cash) == [("receipt_not_in_bank", "far", "20.00"), ("receipt_not_in_bank", "second", "30.00")]
    [message] = [finding.message for finding in cash.findings if finding.keys["cash_receipts"] == ("second",)]
    assert "ambiguous, these qualify equally: left receipt first, receipt second; right bank b-4" in message


def test_golden_6_identical_lines_are_two_and_a_second_import_adds_none(tmp_path: Path) -> None:
    """Two bank lines alike in everything but their id, and two receipts: matched as a set, before and after another seal."""
    text = money(
        bank="""
        b-1 2026-05-04 10.00 .
        b-2 2026-05-04 10.00 .
        """,
        receipts="""
        r-1  2026-05-04  10.00  .  .  .
        r-2  2026-05-04  10.00  .  .  .
    """,
    )
    for _ in range(2):
        cash = cash_and_payouts(small_company(tmp_path, text))
        assert found(cash) == []
        assert amounts(cash, "bank_in", "matched", "receipts") == {
            "bank_in": "20.00",
            "matched": "20.00",
            "receipts": "20.00",
        }


def test_money_in_that_nothing_explains(tmp_path: Path) -> None:
    """Money out, money after T and money that a later receipt explains by its reference: found until it is recorded."""
    text = money(
        bank="""
        unknown  2026-04-14 3260.00 REMIT
        early    2026-05-28 100.00  BK-1
        out      2026-05-14 -3.00   .
        after-t  2026-06-01 5.00    .
        """,
        receipts="late 2026-06-04 100.00 W-1 BK-1 .",
    )
    scope = small_company(tmp_path, text)
    assert found(cash_and_payouts(scope)) == [
        ("bank_receipt_not_recorded", "early", "100.00"),
        ("bank_receipt_not_recorded", "unknown", "3260.00"),
    ]
    june = cash_and_payouts(scope_of(tmp_path / "books", "2026-06"))
    assert [key for _, key, _ in found(june)] == ["after-t", "unknown"]


def test_the_match_tolerance_is_a_line_of_the_reconciliation(tmp_path: Path) -> None:
    text = money("b-1 2026-05-03 9.95 BK-1", "r-1 2026-05-03 10.00 . BK-1 .")
    strict, lenient = (
        cash_and_payouts(small_company(tmp_path / name, text, tolerances={"match": match}))
        for name, match in (("strict", "0.04"), ("lenient", "0.05"))
    )
    assert [finding for finding, _, _ in found(strict)] == ["bank_receipt_not_recorded", "receipt_not_in_bank"]
    assert found(lenient) == []
    lines = dict(zip(lenient.tables["21.5"].frame["line"], lenient.tables["21.5"].frame["amount"], strict=True))
    assert f"{lines['Differences within the match tolerance']:.2f}" == "0.05"
    assert amounts(lenient, "bank_adjusted") == {"bank_adjusted": "10.00"}


def test_receipts_that_the_ledger_shows_otherwise(tmp_path: Path) -> None:
    """Posted with another amount, posted after T, or not at all: each by its document; the sums tell how much."""
    text = (
        MONEY.format(
            bank="b-1 main 2026-05-03 USD 10.00 BK-1 .",
            receipts="""
        right   2026-05-03  10.00  .  BK-1  .
        other   2026-05-03  20.00  .  BK-2  .
        later   2026-05-31  30.00  .  BK-3  .
        never   2026-05-04  40.00  .  BK-4  .
        """,
        ).split("gl_entries")[0]
        + """
        gl_entries
        journal_id  line_number  account  effective_date  amount  document_number
        j-1         1            1000     2026-05-03      10.00   right
        j-2         1            1000     2026-05-03      20.50   other
        j-3         1            1000     2026-06-01      30.00   later
    """
    )
    cash = cash_and_payouts(small_company(tmp_path, text))
    table = cash.tables["21.6"].frame
    assert {r: f"{d:.2f}" for r, d in zip(table["receipt"], table["difference"], strict=True)} == {
        "later": "-30.00", "never": "-40.00", "other": "0.50",
    }  # fmt: skip
    assert cash.receipts_general_ledger.money - cash.receipts.money == table["difference"].sum()


FOREIGN = """
    bank_transactions
    bank_transaction_id  bank_account  value_date  currency  amount  reference
    b-1                  eur           2026-05-06  EUR       100.00  BK-1
    b-2                  eur           2026-05-20  EUR       10.01   X

    cash_receipts
    receipt_id  receipt_date  currency  amount  reference  bank_reference
    r-1         2026-05-04    EUR       100.00  W-1        BK-1
    r-2         2026-05-05    EUR       33.33   W-2        BK-2

    gl_entries
    journal_id  line_number  account  effective_date  amount   document_number
    j-1         1            1000     2026-05-04      110.00   r-1
    j-2         1            1000     2026-05-05      36.66    r-2
    j-3         1            1000     2026-05-31      13.34    .

    fx_rates
    currency  rate_date   rate
    EUR       2026-05-04  1.10
    EUR       2026-05-05  1.10
    EUR       2026-05-06  1.15
    EUR       2026-05-20  1.16
    {closing}
"""


def test_foreign_money_stands_at_its_own_date_and_the_reconciliation_at_t(tmp_path: Path) -> None:
    """(100.00 + 33.33) at 1.20 is 160.00: the ledger has 110.00 + 36.66 and 13.34 of remeasurement."""
    cash = cash_and_payouts(small_company(tmp_path, FOREIGN.format(closing="EUR 2026-05-31 1.20")))
    figures = (
        "bank_in",
        "matched",
        "receipts",
        "unmatched_bank",
        "unmatched_receipts",
        "bank_adjusted",
        "cash_general_ledger",
    )
    assert amounts(cash, *figures) == {
        "bank_in": "126.61",
        "matched": "115.00",
        "receipts": "146.66",
        "unmatched_bank": "11.61",
        "unmatched_receipts": "36.66",
        "bank_adjusted": "160.00",
        "cash_general_ledger": "160.00",
    }
    assert found(cash) == [("bank_receipt_not_recorded", "b-2", "11.61"), ("receipt_not_in_bank", "r-2", "36.66")]


def test_a_missing_rate_is_named_with_currency_and_date(tmp_path: Path) -> None:
    with pytest.raises(BooksError, match=r"fx_rates, EUR, 2026-05-31"):
        cash_and_payouts(small_company(tmp_path, FOREIGN.format(closing="")))
