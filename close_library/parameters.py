"""What was set: the parameters of a company, a program and a period, each value with its file and line.

Three layers, later ones win key by key: `company.yaml`, `programs/<program_id>.yaml`, `periods/<period>.yaml`.
Codes, amounts and periods are quoted text. Nothing here reads a source or knows what a parameter is used for.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from close_library.errors import Fault, ParameterError
from close_library.marked_yaml import Marked, Unquoted, read_marked
from close_library.money import parse_amount
from close_library.period import Period

COMPANY = "_company"
"""The scope that covers all programs, in outputs and in workpapers."""

REQUIRED = ("company", "functional_currency", "first_period", "sources")
"""Keys that a company can't do without."""

COMPANY_ONLY = ("company", "name", "functional_currency", "fiscal_year_starts", "first_period", "sources", "record")
"""Keys that a program's file can't set."""


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


@dataclass(frozen=True)
class CompanyParameters:
    """The files of one parameters folder, read but not yet resolved."""

    folder: Path
    company: Marked
    programs: Mapping[str, Marked] = field(default_factory=dict)
    periods: Mapping[str, Marked] = field(default_factory=dict)

    @property
    def programs_with_files(self) -> dict[str, Path]:
        """Program → its file, so that a file of a program that doesn't exist can be refused."""
        return {program: marked.path for program, marked in self.programs.items()}

    def _layers(self, period: Period | None, program: str | None) -> list[Marked]:
        layers = [self.company]
        if program is not None and program in self.programs:
            layers.append(self.programs[program])
        if period is not None and str(period) in self.periods:
            layers.append(self.periods[str(period)])
        return layers

    def resolve(self, period: Period | None = None, program: str | None = None) -> Settings:
        """The parameters in force for a program (None: the company). Raises ParameterError with every fault."""
        layers = self._layers(period, program)
        values: dict[str, Any] = {}
        for layer in layers:
            values = _merge(values, _with_folders(layer))
        try:
            settings = Settings.model_validate(values)
        except ValidationError as error:
            problems = error.errors()
            within = {problem["loc"][:1] for problem in problems if len(problem["loc"]) > 1}
            faults = [
                _fault(problem, layers, self.company.path)
                for problem in problems
                if not (problem["type"] == "too_short" and problem["loc"] in within)
            ]
            raise ParameterError(_summary(faults), faults) from None
        return settings if settings.name else settings.model_copy(update={"name": settings.company})

    def to_json(self, period: Period, programs: Iterable[str]) -> dict[str, Any]:
        """What `books/parameters.json` holds: per scope its values as text and each value's origin."""
        scopes = {}
        for program in [None, *programs]:
            settings = self.resolve(period, program)
            layers = self._layers(period, program)
            values = _plain(settings.model_dump(mode="python"))
            origins = {
                key: next(
                    (
                        f"{_name(layer, self.folder)}, line {layer.lines[key]}"
                        for layer in reversed(layers)
                        if key in layer.lines
                    ),
                    "default",
                )
                for key in _leaves(values)
            }
            scopes[program or COMPANY] = {"values": values, "origins": origins}
        return {"format": "parameters/1", "period": str(period), "scopes": scopes}


def load_parameters(folder: Path) -> CompanyParameters:
    """Read and check every file of a parameters folder: the company's, the programs', the periods'.

    Raises ParameterError with all faults of all files.
    """
    company_file = folder / "company.yaml"
    if not company_file.is_file():
        raise ParameterError(
            "there is no company.yaml.",
            [
                Fault(
                    str(company_file),
                    "no such file" if folder.is_dir() else f"no folder {folder}",
                    "the company's parameters",
                    "write it as the README shows, or give --parameters DIR",
                )
            ],
        )
    programs = {file.stem: read_marked(file) for file in sorted((folder / "programs").glob("*.yaml"))}
    periods = {
        str(Period.parse(file.stem, str(file))): read_marked(file)
        for file in sorted((folder / "periods").glob("*.yaml"))
    }
    loaded = CompanyParameters(folder, read_marked(company_file), programs, periods)
    faults: dict[str, Fault] = {}
    for period in [None, *map(Period.parse, periods)]:
        for program in [None, *programs]:
            try:
                loaded.resolve(period, program)
            except ParameterError as error:
                faults.update({fault.where: fault for fault in error.faults})
    for program, marked in programs.items():
        for key in COMPANY_ONLY:
            if key in marked.values:
                where = f"{marked.path}, line {marked.lines[key]}, {key}"
                faults[where] = Fault(
                    where,
                    f"{key} in the file of program {program}",
                    "a parameter that a program can have of its own",
                    "delete the line, or move it to company.yaml",
                )
    if faults:
        raise ParameterError(_summary(list(faults.values())), list(faults.values()))
    return loaded


def read_parameters(document: Mapping[str, Any], program: str) -> Settings:
    """The settings of a scope from the content of `books/parameters.json`; a program without its own gets the company's."""
    scopes = document["scopes"]
    return Settings.model_validate(scopes.get(program, scopes[COMPANY])["values"])


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _with_folders(marked: Marked) -> dict[str, Any]:
    values = dict(marked.values)
    if isinstance(values.get("sources"), list):
        values["sources"] = [
            {**source, "folder": marked.path.parent / source["path"]}
            if isinstance(source, dict) and isinstance(source.get("path"), str) and "folder" not in source
            else source
            for source in values["sources"]
        ]
    return values


def _name(marked: Marked, folder: Path) -> str:
    return marked.path.relative_to(folder).as_posix()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _leaves(values: Mapping[str, Any], prefix: str = "") -> list[str]:
    leaves = []
    for key, value in values.items():
        dotted = f"{prefix}{key}"
        leaves += _leaves(value, f"{dotted}.") if isinstance(value, dict) else [dotted]
    return leaves


_EXPECTED = {
    "missing": "a value",
    "int_type": "a whole number, without quotes",
    "int_parsing": "a whole number, without quotes",
    "bool_type": "true or false",
    "tuple_type": 'a list, such as ["1200"]',
    "too_short": "at least one entry",
    "model_type": "key: value lines",
    "model_attributes_type": "key: value lines",
}


def _fault(problem: Any, layers: list[Marked], company_file: Path) -> Fault:
    dotted = ".".join(str(part) for part in problem["loc"])
    marked = next((layer for layer in reversed(layers) if dotted in layer.lines), None)
    where = f"{marked.path}, line {marked.lines[dotted]}, {dotted}" if marked else f"{company_file}, {dotted}"
    key = str(problem["loc"][-1])
    if problem["type"] == "extra_forbidden":
        return _unknown_key(where, key, problem["loc"])
    if problem["type"] == "missing":
        return Fault(where, "nothing", f"a value for {dotted}", f"add {dotted} to {company_file.name}")
    context = problem.get("ctx", {})
    expected = _EXPECTED.get(problem["type"]) or context.get("expected") or problem["msg"]
    if problem["type"] in ("greater_than_equal", "less_than_equal"):
        expected = f"a whole number {'from' if 'ge' in context else 'up to'} {context.get('ge', context.get('le'))}"
    found = problem["input"]
    shown = str(found) if isinstance(found, str | int | Unquoted) and not isinstance(found, bool) else _spelled(found)
    name = next(str(part) for part in reversed(problem["loc"]) if isinstance(part, str))
    without = "" if name in REQUIRED else ", or delete the line to use what holds without it"
    return Fault(where, shown, str(expected), f"mend {name}{without}")


def _spelled(value: Any) -> str:
    if value is None:
        return "nothing"
    return {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else type(value).__name__


def _unknown_key(where: str, key: str, loc: tuple[str | int, ...]) -> Fault:
    model: Any = Settings
    for part in loc[:-1]:
        annotation = model.model_fields[str(part)].annotation if isinstance(part, str) else SourceSetting
        model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else SourceSetting
    known = [name for name in model.model_fields if name != "folder"]
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return Fault(
        where,
        f"the unknown key {key}",
        "one of: " + ", ".join(known),
        f"did you mean {nearest[0]}?" if nearest else "delete the line",
    )


def _summary(faults: list[Fault]) -> str:
    if len(faults) > 1:
        return f"{len(faults)} parameters can't be used."
    return f"{faults[0].where.rpartition(', ')[2]} can't be used."
