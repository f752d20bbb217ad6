"""Matching by ordered rules: the golden cases, each rule beside its near misses, and what it refuses."""

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from close_library.accounting.cash.matching import Matching, match, standard_rules
from close_library.accounting.cash.matching_exact import SameReferenceAndAmount
from close_library.accounting.cash.matching_rules import (
    BestScore,
    SameReferenceWithinTolerance,
    Tolerance,
)
from close_library.accounting.cash.matching_sums import AgreedDiscount, SumOfSameReference, SumWithinDays
from close_library.errors import BooksError

T = date(2026, 1, 31)


def rows(text: str) -> pd.DataFrame:
    """A population: one line a row of id, reference, amount, day of January and the agreed discount in percent; `.` is empty."""
    found = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        id, reference, amount, day, *discount = line.split()
        found.append({
            "id": id,
            "reference": None if reference == "." else reference,
            "amount": Decimal(amount),
            "date": None if day == "." else date(2026, 1, int(day)),
            "currency": "USD",
            "discount_percent": Decimal(discount[0]) if discount else None,
        })  # fmt: skip
    return pd.DataFrame(found, columns=["id", "reference", "amount", "date", "currency", "discount_percent"])


def matched(found: Matching) -> list[str]:
    """The matches as `left=right`, ids joined by `+`."""
    frame = found.matches()
    return sorted(f"{'+'.join(a)}={'+'.join(b)}" for a, b in zip(frame["left_ids"], frame["right_ids"], strict=True))


def still_open(found: Matching) -> dict[str, str]:
    """What stays open by item, with its open amount."""
    frame = found.open_items()
    return {item: f"{amount:.2f}" for item, amount in zip(frame["item"], frame["open_amount"], strict=True)}


def bridge(found: Matching) -> dict[str, str]:
    return {
        line: f"{amount:.2f}"
        for line, amount in zip(found.bridge()["line"], found.bridge()["amount"], strict=True)
        if amount
    }


@pytest.mark.parametrize(
    "tolerance", [Tolerance(Decimal("0.10")), Tolerance(percent=Decimal(10))], ids=["0.10", "10 %"]
)
def test_golden_4_a_tolerance_is_tested_on_the_residual_not_on_the_gross(tolerance: Tolerance) -> None:
    """Payment 500, invoices 45 and 500: 45 stays open and nothing is written off, though 45 is within 10 % of 545."""
    payment = rows("pay P-1 500.00 5")
    invoices = rows("""
        small P-1 45.00 1
        large P-1 500.00 1
    """)
    found = match(payment, invoices, standard_rules(tolerance), as_of=T)
    assert matched(found) == ["pay=large"]
    assert still_open(found) == {"right:small": "45.00"}
    assert bridge(found) == {"left": "500.00", "open on the right": "45.00", "right": "545.00"}


def test_golden_5_a_row_offered_twice_is_consumed_once() -> None:
    """The payment fits two invoices by reference and one by amount: it pays one of them, and nothing turns its sign."""
    found = match(rows("pay P-1 100.00 5"), rows("""
        first P-1 100.00 5
        other P-2 100.00 5
        third P-1 99.95 5
    """), standard_rules(Decimal("0.10")), as_of=T)  # fmt: skip
    assert matched(found) == ["pay=first"]
    assert still_open(found) == {"right:other": "100.00", "right:third": "99.95"}


def test_golden_5_a_tolerated_residual_never_turns_the_sign() -> None:
    found = match(rows("pay P-1 0.05 5"), rows("back P-1 -0.03 5"), standard_rules(Decimal("0.10")), as_of=T)
    assert matched(found) == []
    assert still_open(found) == {"left:pay": "0.05", "right:back": "-0.03"}


def test_golden_6_two_identical_rows_are_two_rows() -> None:
    """Two on each side are matched as a set; a third stays open with the others, for nobody knows which it is."""
    twice = rows("""
        a . 7.00 5
        a . 7.00 5
    """)
    found = match(twice, twice, as_of=T)
    assert matched(found) == ["a+a=a+a"]
    once = match(twice, rows("b . 7.00 5"), as_of=T)
    assert matched(once) == []
    assert still_open(once) == {"left:a": "7.00", "left:a#2": "7.00", "right:b": "7.00"}


SCORES = pd.DataFrame(
    [("a1", "b1", ".95"), ("a1", "b2", ".94"), ("a2", "b1", ".93"), ("a2", "b2", ".01")],
    columns=["left_id", "right_id", "score"],
).assign(score=lambda frame: frame["score"].map(Decimal))


@pytest.mark.parametrize(
    ("name", "margin", "pairs"),
    [("the best pair of both goes first", "0", ["a1=b1"]), ("scores within the margin qualify equally", "0.02", [])],
)
@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
def test_golden_7_scores(name: str, margin: str, pairs: list[str], order: list[int]) -> None:
    """a1b1 is matched; a2 and b2 stay open, for .01 is no match. Within the margin all four are ambiguous, and named."""
    left = rows("""
        a1 . 1.00 1
        a2 . 1.00 1
    """)
    right = rows("""
        b1 . 1.00 1
        b2 . 1.00 1
    """)
    found = match(left, right, [BestScore(SCORES.iloc[order], margin=Decimal(margin))], as_of=T)
    assert matched(found) == pairs, name
    reasons = set(found.open_items()["reason"])
    if not pairs:
        assert reasons == {"ambiguous, these qualify equally: left a1, a2; right b1, b2"}
    else:
        assert set(still_open(found)) == {"left:a2", "right:b2"}
        assert "ambiguous" not in reasons.pop()


INVOICES_12 = """
    i-1 P-1 100.00 1 2
    i-2 P-1 200.00 2 2
    i-3 P-1 300.00 3 2
    i-4 P-1 250.00 4 2
    i-5 P-1 150.00 5 2
"""


@pytest.mark.parametrize(
    ("name", "payment", "discount", "left_open"),
    [
        ("the agreed 2 % was taken", "980.00", "20.00", {}),
        ("3 % was taken: only 2 % is written off", "970.00", "20.00", {"right:i-5": "10.00"}),
        ("less than agreed was taken", "985.00", "15.00", {}),
        ("a part payment is no discount", "900.00", "", {
            "left:pay": "900.00", "right:i-1": "100.00", "right:i-2": "200.00", "right:i-3": "300.00", "right:i-4": "250.00",
            "right:i-5": "150.00",
        }),
    ],
)  # fmt: skip
def test_golden_12_only_the_agreed_discount_is_written_off(
    name: str, payment: str, discount: str, left_open: dict[str, str]
) -> None:
    found = match(rows(f"pay P-1 {payment} 9"), rows(INVOICES_12), [SumOfSameReference(), AgreedDiscount()], as_of=T)
    assert still_open(found) == left_open, name
    assert bridge(found).get("agreed discounts", "") == discount
    assert bridge(found).get("unexplained") is None


def test_an_agreed_discount_is_rounded_by_document_to_the_minor_unit() -> None:
    invoices = rows("""
        i-1 P-1 10.25 1 2
        i-2 P-1 10.25 1 2
    """)
    found = match(rows("pay P-1 20.08 9"), invoices, [AgreedDiscount()], as_of=T)
    assert bridge(found)["agreed discounts"] == "0.42", "0.205 rounds to 0.21, twice"
    assert still_open(found) == {}


def test_golden_13_the_difference_of_a_percent_tolerance_is_in_the_bridge() -> None:
    """1 % of 99.50 covers 0.50, not 1.00; the bridge leads from left to right and leaves 0.00."""
    left = rows("""
        a R-1 100.00 5
        b R-2 100.00 5
    """)
    right = rows("""
        x R-1 99.50 5
        y R-2 99.00 5
    """)
    found = match(left, right, [SameReferenceWithinTolerance(Tolerance(percent=Decimal(1)))], as_of=T)
    assert matched(found) == ["a=x"]
    assert bridge(found) == {
        "left": "200.00",
        "open on the left": "-100.00",
        "tolerated differences": "-0.50",
        "open on the right": "99.00",
        "right": "198.50",
    }  # fmt: skip
    assert found.bridge()["amount"][:-1].sum() == found.bridge()["amount"].iloc[-1], "the lines add up to the right"


CASES: list[tuple[str, str, str, list[str], set[str]]] = [
    ("the reference is stronger than the date", "a R-1 9.00 1\nb . 9.00 20", "x R-1 9.00 20\ny . 9.00 19", ["a=x", "b=y"], set()),
    ("the window includes its last day", "a . 9.00 1\nb . 8.00 1", "x . 9.00 6\ny . 8.00 7", ["a=x"], {"left:b", "right:y"}),
    ("the nearer date goes first", "a . 9.00 4\nb . 9.00 1", "x . 9.00 5", ["a=x"], {"left:b"}),
    ("equally near dates are ambiguous", "a . 9.00 4\nb . 9.00 6", "x . 9.00 5", [], {"left:a", "left:b", "right:x"}),
    ("a set clears in order of date", "a . 9.00 1\nb . 9.00 5", "x . 9.00 4\ny . 9.00 9", ["a+b=x+y"], set()),
    ("a key twice is settled by date", "a R 9.00 1\nb R 9.00 3", "x R 9.00 3", ["b=x"], {"left:a"}),
    ("a key twice on one day is ambiguous", "a R 9.00 3\nb R 9.00 3", "x R 9.00 3", [], {"left:a", "left:b", "right:x"}),
    ("an empty reference equals nothing", "a . 9.00 1", "x . 9.00 20", [], {"left:a", "right:x"}),
    ("one to many by reference", "a R 9.00 1", "x R 5.00 20\ny R 4.00 21", ["a=x+y"], set()),
    ("many to one by reference, with a refund", "x R 5.00 1\ny R -1.00 1", "a R 4.00 20", ["x+y=a"], set()),
    ("one to many by sum", "a . 9.00 1", "x . 5.00 2\ny . 4.00 3\nz . 3.00 2", ["a=x+y"], {"right:z"}),
    ("two sums are ambiguous", "a . 9.00 1", "x . 5.00 2\ny . 4.00 3\nz . 4.00 2", [],
     {"left:a", "right:x", "right:y", "right:z"}),
    ("two rows want one part", "a . 9.00 1\nb . 8.00 1", "x . 5.00 1\ny . 4.00 1\nz . 3.00 1", [],
     {"left:a", "left:b", "right:x", "right:y", "right:z"}),
    ("many to many by reference", "a R 5.00 1\nb R 4.00 1", "x R 2.00 20\ny R 7.00 20", ["a+b=x+y"], set()),
    ("rows after T take no part", "a R 9.00 1", "x R 9.00 .", ["a=x"], set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "left", "right", "pairs", "left_open"), CASES, ids=[case[0] for case in CASES])
def test_the_standard_rules(name: str, left: str, right: str, pairs: list[str], left_open: set[str]) -> None:
    found = match(rows(left), rows(right), as_of=T)
    assert matched(found) == pairs
    assert set(still_open(found)) == left_open


def test_only_rows_dated_to_t_take_part() -> None:
    found = match(rows("a R 9.00 5"), rows("x R 9.00 6"), as_of=date(2026, 1, 5))
    assert matched(found) == []
    assert still_open(found) == {"left:a": "9.00"}
    assert found.board.later == {"left": 0, "right": 1}


def test_open_items_keep_their_id_and_first_date_and_age() -> None:
    left = rows("a R 9.00 5")
    for day, age in ((5, 0), (31, 26)):
        [item] = (
            match(left, rows("x Q 1.00 5"), as_of=date(2026, 1, day))
            .open_items()
            .query("side == 'left'")
            .to_dict("records")
        )
        assert (item["item"], item["first_date"], item["age"]) == ("left:a", date(2026, 1, 5), age)


def test_every_match_and_every_open_item_says_why() -> None:
    found = match(
        rows("a R 9.00 5\nb Q 8.00 5\nc . 7.00 5\nd . 6.00 5"), rows("x R 9.00 5\ny Q 8.50 5\nz . 7.00 20"), as_of=T
    )
    assert list(found.matches()["reason"]) == ["the same reference and amount"]
    assert dict(zip(found.open_items()["item"], found.open_items()["reason"], strict=True)) == {
        "left:b": "its reference stands on the other side with another amount: y",
        "left:c": "its amount stands on the other side, matched otherwise or on another date: z",
        "left:d": "nothing on the other side has its reference or its amount",
        "right:y": "its reference stands on the other side with another amount: b",
        "right:z": "its amount stands on the other side, matched otherwise or on another date: c",
    }


def test_a_reason_names_ten_equals_and_counts_the_rest() -> None:
    many = rows("\n".join(f"a-{n:02} R 9.00 5" for n in range(12)))
    [reason] = set(match(many, rows("x R 9.00 5"), as_of=T).open_items()["reason"])
    names = ", ".join(f"a-{n:02}" for n in range(10))
    assert reason == f"ambiguous, these qualify equally: left {names} … (12 in all); right x"


def test_a_closed_matching_leaves_nothing_behind() -> None:
    found = match(rows("a R 9.00 5\nb . 8.00 5"), rows("x R 9.00 5\ny . 8.00 6"), as_of=T)
    books = found.board.books
    assert matched(found) == ["a=x", "b=y"]
    found.close()
    assert books.sql("SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal "
                     "AND view_name NOT LIKE '%given%'").num_rows == 0  # fmt: skip


def test_currencies_never_meet() -> None:
    left = rows("a R 9.00 5")
    assert matched(match(left, left.assign(currency="EUR"), as_of=T)) == []


def test_the_search_for_a_sum_is_bounded() -> None:
    """Thirteen candidates are one more than are searched: nothing is matched, though the sum is there."""
    parts = "\n".join(f"p{n} . {2**n}.00 5" for n in range(13))
    whole = rows("a . 3.00 5")
    assert matched(match(whole, rows(parts), [SumWithinDays(5)], as_of=T)) == ["a=p0+p1"]
    assert matched(match(rows("a . 9999.00 5"), rows(parts), [SumWithinDays(5)], as_of=T)) == []


def test_a_crowded_key_is_counted_instead_of_joined() -> None:
    """Forty thousand rows of one key on each side would be 1.6 thousand million pairs; they are a set of equals."""
    size = 40_000
    crowd = pa.table({
        "id": [str(n) for n in range(size)] + ["alone"],
        "reference": ["N/A"] * size + ["R-1"],
        "amount": pa.array([Decimal("9.99")] * size + [Decimal("5.00")], pa.decimal128(12, 2)),
        "date": [date(2026, 1, 5)] * (size + 1),
    })  # fmt: skip
    found = match(crowd, crowd, [SameReferenceAndAmount()], as_of=T)
    assert [(len(a), len(b)) for a, b in zip(found.matches()["left_ids"], found.matches()["right_ids"], strict=True)] == [
        (size, size), (1, 1)]  # fmt: skip


def frame(amounts: list[Any], **columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {"id": ["a", "b"][: len(amounts)], "amount": amounts, "reference": ["R"] * len(amounts)} | columns
    )


@pytest.mark.parametrize(
    ("name", "population", "said"),
    [
        ("binary floats", frame([1.5]), "exact decimals"),
        ("amounts as text", frame(["1.5"]), "exact decimals"),
        ("no reference column", frame([Decimal(1)]).drop(columns="reference"), "no column reference"),
        ("a row without an id", frame([Decimal(1), Decimal(1)], id=["a", None]), "1 rows without one"),
        ("a row without an amount", frame([Decimal(1), None]), "1 rows without one"),
        ("five decimals", frame([Decimal("1.00001")]), "more than four decimals"),
    ],
)
def test_what_cannot_be_matched_is_refused(name: str, population: Any, said: str) -> None:
    with pytest.raises(BooksError, match=said):
        match(population, rows("x R 1.00 1"))
