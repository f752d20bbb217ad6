"""Who the sample company is: its customers, programs, contracts, prices and accounts, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from close_library.period import Period, months_between

FIRST = Period(2026, 1)
LAST = Period(2026, 10)
PERIODS = tuple(months_between(FIRST, LAST))
LAST_DAY = LAST.last_day
COMPANY = "Meridian AI Data, Inc."
FUNCTIONAL = "USD"
FOREIGN = "EUR"
FOREIGN_PROGRAM = "cygnus"


@dataclass(frozen=True)
class Customer:
    """A customer; `pays` is the span of days after the due date in which it usually pays, `card` pays by card."""

    customer_id: str
    name: str
    currency: str
    terms: int
    pays: tuple[int, int] = (0, 4)
    card: bool = False
    tax_rate: Decimal = Decimal(0)


@dataclass(frozen=True)
class Program:
    """A customer program; `customer_id` is empty where it serves many."""

    program_id: str
    name: str
    customer_id: str
    owner: str


@dataclass(frozen=True)
class Price:
    """A price, the quantity after which it applies, and the days on which it is in force."""

    price: Decimal
    tier_from: Decimal | None = None
    price_from: date | None = None
    price_to: date | None = None


@dataclass(frozen=True)
class Line:
    """A contract line. `monthly`, `low` and `high` say how many deliveries a month there are, and how large."""

    line_id: str
    contract_id: str
    product: str
    model: str
    recognition: str
    unit: str = ""
    prices: tuple[Price, ...] = ()
    amount: Decimal | None = None
    start: date | None = None
    end: date | None = None
    selling_price: Decimal | None = None
    estimated_cost: Decimal | None = None
    monthly: int = 0
    low: int = 0
    high: int = 0

    @property
    def account(self) -> str:
        """The revenue account."""
        return "4010" if self.model == "subscription" else "4000"

    @property
    def tiered(self) -> bool:
        """Whether the price depends on the quantity of the month."""
        return any(price.tier_from for price in self.prices)


@dataclass(frozen=True)
class Contract:
    """A contract with its purchase order."""

    contract_id: str
    program_id: str
    customer_id: str
    currency: str
    terms: int
    po_number: str
    frequency: str = "monthly"
    discount_percent: Decimal | None = None


def _d(text: str) -> Decimal:
    return Decimal(text)


_SMALL = (
    "Acorn Vision",
    "Bluefin Analytics",
    "Cobalt Speech",
    "Dovetail Commerce",
    "Ember Learning",
    "Foxglove Care",
    "Granite Maps",
    "Heron Finance",
    "Inkwell Legal",
    "Juniper Travel",
    "Kite Logistics",
    "Lattice Games",
)
_TAXED = {"Bluefin Analytics", "Granite Maps", "Kite Logistics"}

CUSTOMERS = (
    Customer("CU-1001", "Northwind Robotics, Inc.", "USD", 30, (-2, 3)),
    Customer("CU-1002", "Altamira Health AI, LLC", "USD", 45, (5, 12)),
    Customer("CU-1003", "Rheinwerk Sprachsysteme GmbH", "EUR", 30, (0, 6)),
    Customer("CU-1004", "Halcyon Labs, Inc.", "USD", 30, (-3, 9)),
    Customer("CU-1005", "Pelagos Mapping, Inc.", "USD", 60, (3, 14)),
    Customer("CU-1006", "Tessera Retail Group", "USD", 30, (0, 6)),
    Customer("CU-1007", "Orchard Mobility Corp.", "USD", 30, (-21, -19)),
    *(
        Customer(f"CU-2{n:03d}", name, "USD", 14, card=True, tax_rate=_d("0.0825") if name in _TAXED else _d("0"))
        for n, name in enumerate(_SMALL, start=1)
    ),
)

PROGRAMS = (
    Program("atlas", "Atlas: image and video annotation", "CU-1001", "p.ferreira"),
    Program("borealis", "Borealis: clinical annotation teams", "CU-1002", "s.adeyemi"),
    Program("cygnus", "Cygnus: German speech and translation", "CU-1003", "k.vogel"),
    Program("draco", "Draco: preference data for language models", "CU-1004", "p.ferreira"),
    Program("equinox", "Equinox: evaluation platform", "CU-1004", "t.nakamura"),
    Program("fornax", "Fornax: street map corpus", "CU-1005", "s.adeyemi"),
    Program("gaia", "Gaia: sensor and retail labelling", "", "k.vogel"),
    Program("helix", "Helix: self-serve labelling", "", "t.nakamura"),
)

CONTRACTS = (
    Contract("CT-ATL-01", "atlas", "CU-1001", "USD", 30, "PO-NWR-4471"),
    Contract("CT-BOR-01", "borealis", "CU-1002", "USD", 45, "PO-ALT-20619"),
    Contract("CT-CYG-01", "cygnus", "CU-1003", "EUR", 30, "BE-2026-0077"),
    Contract("CT-DRA-01", "draco", "CU-1004", "USD", 30, "PO-HAL-8801", "milestone"),
    Contract("CT-DRA-02", "draco", "CU-1004", "USD", 30, "PO-HAL-8802"),
    Contract("CT-EQX-01", "equinox", "CU-1004", "USD", 30, "PO-HAL-8815", "quarterly"),
    Contract("CT-EQX-02", "equinox", "CU-1004", "USD", 30, "PO-HAL-8816"),
    Contract("CT-FOR-01", "fornax", "CU-1005", "USD", 60, "PO-PEL-310"),
    Contract("CT-GAI-01", "gaia", "CU-1006", "USD", 30, "PO-TES-55120"),
    Contract("CT-GAI-02", "gaia", "CU-1007", "USD", 30, "PO-ORC-0093", discount_percent=_d("2")),
    *(
        Contract(f"CT-HLX-{n:02d}", "helix", f"CU-2{n:03d}", "USD", 14, f"ORD-2026-{n:04d}")
        for n in range(1, len(_SMALL) + 1)
    ),
)

_JUNE_END, _JULY = date(2026, 6, 30), date(2026, 7, 1)
_YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def _tiers(old: dict[str, str], new: dict[str, str]) -> tuple[Price, ...]:
    before = [Price(_d(price), _d(tier), None, _JUNE_END) for tier, price in old.items()]
    return (*before, *(Price(_d(price), _d(tier), _JULY) for tier, price in new.items()))


def _usage(
    line_id: str,
    product: str,
    unit: str,
    prices: tuple[Price, ...],
    volume: tuple[int, int, int],
    recognition: str = "on_acceptance",
    model: str = "usage",
) -> Line:
    return Line(
        line_id,
        _contract_of(line_id),
        product,
        model,
        recognition,
        unit,
        prices,
        monthly=volume[0],
        low=volume[1],
        high=volume[2],
    )


def _contract_of(line_id: str) -> str:
    return "CT-" + line_id.rsplit("-", 1)[0]


def _flat(price: str) -> tuple[Price, ...]:
    return (Price(_d(price)),)


def _milestone(number: int, product: str, amount: str) -> Line:
    return Line(f"DRA-01-M{number}", "CT-DRA-01", product, "milestone", "on_acceptance", "milestone", amount=_d(amount))


def _helix_lines(number: int) -> tuple[Line, Line]:
    contract = f"HLX-{number:02d}"
    fee = Decimal(540 + 60 * (number % 5)) * 12
    return (
        Line(
            f"{contract}-SUB",
            f"CT-{contract}",
            "Helix workspace",
            "subscription",
            "ratable_monthly",
            "year",
            amount=fee.quantize(_d("0.01")),
            start=_YEAR[0],
            end=_YEAR[1],
        ),
        _usage(f"{contract}-TSK", "Helix labelling tasks", "task", _flat("0.115"), (6, 900, 5200), "as_delivered"),
    )


LINES = (
    _usage(
        "ATL-01-IMG",
        "Image bounding boxes",
        "box",
        _tiers(
            {"0": "0.085", "400000": "0.078", "900000": "0.07"}, {"0": "0.088", "400000": "0.08", "900000": "0.072"}
        ),
        (44, 9000, 38000),
    ),
    _usage("ATL-01-VID", "Video object tracks", "track", _flat("1.35"), (22, 500, 1400), "as_delivered"),
    _usage(
        "BOR-01-ENG",
        "Clinical annotators",
        "hour",
        (Price(_d("68"), None, None, _JUNE_END), Price(_d("71.5"), None, _JULY)),
        (34, 28, 44),
        "as_delivered",
        "staffing",
    ),
    _usage("BOR-01-QAL", "Quality leads", "hour", _flat("92.5"), (8, 20, 40), "as_delivered", "staffing"),
    _usage("CYG-01-UTT", "Speech utterances", "utterance", _flat("0.42"), (34, 1500, 4600), "as_delivered"),
    _usage("CYG-01-TRN", "Translated segments", "segment", _flat("4.1"), (12, 220, 640)),
    _milestone(1, "Preference pilot", "85000.00"),
    _milestone(2, "Red-team set", "60000.00"),
    _milestone(3, "Preference corpus I", "95000.00"),
    _milestone(4, "Tool-use set", "72500.00"),
    _milestone(5, "Preference corpus II", "110000.00"),
    _milestone(6, "Long-context set", "64000.00"),
    _usage("DRA-02-CMP", "Pairwise comparisons", "comparison", _flat("2.85"), (26, 180, 720)),
    Line(
        "EQX-01-PLT",
        "CT-EQX-01",
        "Evaluation platform",
        "subscription",
        "ratable_monthly",
        "year",
        amount=_d("360000.00"),
        start=date(2026, 2, 1),
        end=date(2027, 1, 31),
        selling_price=_d("380000.00"),
    ),
    Line(
        "EQX-01-SUP",
        "CT-EQX-01",
        "Named support",
        "subscription",
        "ratable_daily",
        "year",
        amount=_d("48000.00"),
        start=date(2026, 2, 1),
        end=date(2027, 1, 31),
        selling_price=_d("60000.00"),
    ),
    _usage("EQX-02-TOK", "Evaluated tokens", "token", _flat("0.0000185"), (24, 9000000, 61000000), "as_delivered"),
    Line(
        "FOR-01-FIX",
        "CT-FOR-01",
        "Street map corpus",
        "fixed_fee",
        "cost_to_cost",
        "project",
        amount=_d("640000.00"),
        start=date(2026, 2, 1),
        end=date(2026, 12, 31),
        estimated_cost=_d("410000.00"),
    ),
    _usage(
        "GAI-01-CUB",
        "Sensor cuboids",
        "cuboid",
        (Price(_d("0.62"), _d("0")), Price(_d("0.55"), _d("60000"))),
        (30, 1200, 4400),
    ),
    _usage("GAI-02-HRS", "Shelf audit specialists", "hour", _flat("57.25"), (24, 24, 42), "as_delivered", "staffing"),
    *(line for n in range(1, len(_SMALL) + 1) for line in _helix_lines(n)),
)

CONTRACT_OF = {contract.contract_id: contract for contract in CONTRACTS}
LINE_OF = {line.line_id: line for line in LINES}
CUSTOMER_OF = {customer.customer_id: customer for customer in CUSTOMERS}
PROGRAM_IDS = tuple(program.program_id for program in PROGRAMS)

CONTRACT_CHANGE = ("FOR-01-FIX", date(2026, 7, 15), _d("60000.00"))
"""The customer of fornax adds a region: the price rises, and revenue catches up in July."""


def program_of_contract_line(line_id: str) -> str:
    """The program that a contract line belongs to."""
    return CONTRACT_OF[LINE_OF[line_id].contract_id].program_id


def only_program(customer_id: str) -> str:
    """The program of a customer that has exactly one; empty where it has several."""
    found = {contract.program_id for contract in CONTRACTS if contract.customer_id == customer_id}
    return found.pop() if len(found) == 1 else ""
