"""Laws of matching, whatever the populations: every row once, sums kept, no sign turned, row order without a meaning."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.accounting.cash.matching import Matching, match, standard_rules
from close_library.accounting.cash.matching_sums import AgreedDiscount

T = date(2026, 1, 20)
RULES = (*standard_rules(Decimal("0.10")), AgreedDiscount())

ROW = st.fixed_dictionaries({
    "reference": st.sampled_from([None, "R-1", "R-2", "R-3"]),
    "amount": st.sampled_from(["1.00", "2.00", "3.00", "3.05", "5.00", "5.10", "-2.00", "0.05", "0.00"]).map(Decimal),
    "date": st.one_of(st.none(), st.integers(0, 24).map(lambda n: date(2026, 1, 1) + timedelta(days=n))),
    "currency": st.sampled_from(["USD", "USD", "EUR"]),
    "discount_percent": st.sampled_from([None, Decimal(2)]),
})  # fmt: skip

POPULATION = st.lists(ROW, min_size=1, max_size=9)


def frame(rows: list[dict[str, object]], prefix: str) -> pd.DataFrame:
    return pd.DataFrame([{"id": f"{prefix}{n}", **row} for n, row in enumerate(rows)])


def outcome(found: Matching) -> list[tuple[object, ...]]:
    """Everything a reader sees, without the places of the rows."""
    matches = [tuple(map(str, row)) for row in found.matches().itertuples(index=False)]
    items = [tuple(map(str, row)) for row in found.open_items().drop(columns="n").itertuples(index=False)]
    return [*matches, *items, *(tuple(map(str, row)) for row in found.bridge().itertuples(index=False))]


LAW = settings(max_examples=15)


@LAW
@given(POPULATION, POPULATION)
def test_matched_and_unmatched_are_everything_once_and_sums_are_kept(
    left: list[dict[str, object]], right: list[dict[str, object]]
) -> None:
    given_rows = {"left": frame(left, "l"), "right": frame(right, "r")}
    found = match(given_rows["left"], given_rows["right"], RULES, as_of=T)
    matches, items = found.matches(), found.open_items()
    for side, population in given_rows.items():
        in_time = population[population["date"].isna() | (population["date"] <= T)]
        in_matches = Counter(id for ids in matches[f"{side}_ids"] for id in ids)
        unmatched = Counter(items[(items["side"] == side) & (items["status"] != "matched")]["id"])
        assert in_matches + unmatched == Counter(in_time["id"]), "each row stands in one place, once"
        total = sum(matches[f"{side}_amount"], Decimal(0)) + sum(
            items[(items["side"] == side) & (items["status"] != "matched")]["open_amount"], Decimal(0)
        )
        assert total == sum(in_time["amount"], Decimal(0))
    bridge = found.bridge()
    assert not any(bridge[bridge["line"] == "unexplained"]["amount"])


@LAW
@given(POPULATION, POPULATION)
def test_a_residual_never_turns_its_sign_and_never_exceeds_what_is_tolerated(
    left: list[dict[str, object]], right: list[dict[str, object]]
) -> None:
    found = match(frame(left, "l"), frame(right, "r"), RULES, as_of=T)
    for row in found.matches().to_dict("records"):
        assert row["left_amount"] * row["right_amount"] > 0 or row["left_amount"] == row["right_amount"]
        assert abs(row["tolerated"]) <= Decimal("0.10")
        assert row["difference"] == row["tolerated"] - row["discount"] - row["still_open"]
        assert row["discount"] >= 0 and row["still_open"] >= 0
    for row in found.open_items().to_dict("records"):
        assert 0 <= row["open_amount"] * (1 if row["amount"] >= 0 else -1) <= abs(row["amount"])


@LAW
@given(POPULATION, POPULATION, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_means_nothing(
    left: list[dict[str, object]], right: list[dict[str, object]], dice: object
) -> None:
    one, other = frame(left, "l"), frame(right, "r")
    seed = dice.randrange(1000)  # type: ignore[attr-defined]
    shuffled = (one.sample(frac=1, random_state=seed), other.sample(frac=1, random_state=seed + 1))
    assert outcome(match(one, other, RULES, as_of=T)) == outcome(match(*shuffled, RULES, as_of=T))


@LAW
@given(POPULATION, POPULATION)
def test_what_comes_later_changes_nothing(left: list[dict[str, object]], right: list[dict[str, object]]) -> None:
    one, other = frame(left, "l"), frame(right, "r")
    to_date = [population[population["date"].isna() | (population["date"] <= T)] for population in (one, other)]
    if all(len(population) for population in to_date):
        assert outcome(match(one, other, RULES, as_of=T)) == outcome(match(*to_date, RULES, as_of=T))
