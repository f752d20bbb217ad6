"""The parameters and what each may be."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from close_library.errors import Fault, ParameterError
from close_library.money import parse_amount
from close_library.period import Period

REQUIRED = ("company", "functional_currency", "first_period", "sources")
"""Keys that a company can't do without."""


def _refuse(expected: str) -> PydanticCustomError:
    return PydanticCustomError("parameter", "{expected}", {"expected": expected})


def _amount(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    try:
        amount = parse_amount(value) if isinstance(value, str) else None
    except ValueError:
        amount = None
    if amount is None or amount < 0:
        raise _refuse('an amount in quotes, such as "50.00"')
    return amount


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise _refuse('text in quotes, such as "1200"')
    return value


def _month(text: str) -> str:
    try:
        return str(Period.parse(text))
    except ParameterError:
        raise _refuse('a month in quotes, such as "2026-01"') from None


def _currency(text: str) -> str:
    if len(text) != 3 or not (text.isascii() and text.isalpha() and text.isupper()):
        raise _refuse("a currency code of three letters, such as USD")
    return text


def _folder_name(text: str) -> str:
    if not text or text[0] in "._" or not all(c.isalnum() or c in "._-" for c in text):
        raise _refuse("a name of letters, digits, - and _, fit for a folder, such as meridian")
    return text


def _moment(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise _refuse('a time in quotes, such as "2026-11-10T00:00:00Z", or nothing') from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Amount = Annotated[Decimal, BeforeValidator(_amount)]
Text = Annotated[str, BeforeValidator(_text)]
Codes = tuple[Text, ...]
Days = Annotated[int, Field(strict=True, ge=0, le=36500)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSetting(_Group):
    """A source system: its kind and its folder. `path` is as written; `folder` is resolved against the file."""

    system: Text
    path: Text
    folder: Path = Field(default=Path(), exclude=True)


class Accounts(_Group):
    """Which ledger accounts play which role."""

    accounts_receivable: Codes = ()
    unbilled_receivable: Codes = ()
    deferred_revenue: Codes = ()
    revenue: Codes = ()
    cash: Codes = ()
    processor_clearing: Codes = ()
    discounts: Codes = ()
    bad_debt: Codes = ()
    vendor_payable: Codes = ()
    vendor_accrual: Codes = ()
    vendor_cost: Codes = ()

    def held(self, role: str) -> tuple[str, ...]:
        """The accounts of a role; none where the company's ledger has none, and then nothing is booked on it."""
        accounts: tuple[str, ...] = getattr(self, role)
        return accounts

    def of(self, role: str) -> tuple[str, ...]:
        """The accounts of a role that a workpaper can't do without. Raises ParameterError when none is set."""
        accounts = self.held(role)
        if not accounts:
            raise ParameterError(
                f"no account plays the role {role}.",
                [
                    Fault(
                        f"company.yaml, accounts.{role}",
                        "nothing",
                        "one or more accounts of the ledger",
                        f'write {role}: ["…"] under accounts:',
                    )
                ],
            )
        return accounts


class Materiality(_Group):
    amount: Amount = Decimal("5000.00")
    percent: Amount = Decimal("5")


class Tolerances(_Group):
    tie_out: Amount = Decimal("0.00")
    match: Amount = Decimal("0.00")


class Flux(_Group):
    amount: Amount = Decimal("10000.00")
    percent: Amount = Decimal("10")
    rule: Literal["and", "or"] = "and"
    comparisons: tuple[Literal["prior_month", "prior_quarter", "prior_year", "budget", "forecast"], ...] = (
        "prior_month",
    )


class Match(_Group):
    days: Days = 5


class Close(_Group):
    last_workday: Annotated[int, Field(strict=True, ge=1, le=60)] = 5


class PurchaseOrders(_Group):
    required: Annotated[bool, Field(strict=True)] = True
    warn_at_percent: Amount = Decimal("75")
    look_ahead_months: Annotated[int, Field(strict=True, ge=0, le=120)] = 2


class GraceDays(_Group):
    unbilled: Days = 0
    payout_in_bank: Days = 5
    unapplied: Days = 30
    past_due: Days = 90


class People(_Group):
    preparer: Text = ""
    reviewer: Text = ""


class Settings(_Group):
    """The parameters in force for one program (or the company) and one period."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    company: Annotated[Text, AfterValidator(_folder_name)]
    name: Text = ""
    functional_currency: Annotated[Text, AfterValidator(_currency)]
    fiscal_year_starts: Annotated[int, Field(strict=True, ge=1, le=12)] = 1
    first_period: Annotated[Text, AfterValidator(_month)]
    sources: Annotated[tuple[SourceSetting, ...], Field(min_length=1)]
    accounts: Accounts = Accounts()
    materiality: Materiality = Materiality()
    tolerances: Tolerances = Tolerances()
    flux: Flux = Flux()
    match: Match = Match()
    close: Close = Close()
    contract_changes: Literal["cumulative", "prospective"] = "cumulative"
    purchase_orders: PurchaseOrders = PurchaseOrders()
    grace_days: GraceDays = GraceDays()
    people: People = People()
    record: Annotated[Text, Field(exclude=True)] = "sqlite:///close.db"
    as_of: Annotated[datetime | None, BeforeValidator(_moment)] = None
