"""The rows that stand beside the events: customers, contracts, purchase orders, budgets, billing tasks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from close_library.money import ZERO
from close_library.period import Period, working_day
from close_library.sample.accounts import ACCOUNTS
from close_library.sample.history import History
from close_library.sample.programs import (
    CONTRACT_CHANGE,
    CONTRACT_OF,
    CONTRACTS,
    CUSTOMERS,
    FOREIGN,
    LINES,
    PERIODS,
    PROGRAM_IDS,
    PROGRAMS,
    Contract,
    Customer,
    Line,
)
from close_library.sample.writer import Writer

Rows = list[dict[str, object]]
PO_START, PO_END = date(2026, 1, 1), date(2027, 6, 30)


def write_customer(writer: Writer, customer: Customer) -> None:
    """Write the row of a customer."""
    writer.row(
        "customers",
        {
            "customer_id": customer.customer_id,
            "customer_name": customer.name,
            "currency": customer.currency,
            "payment_terms_days": customer.terms,
        },
    )


def write_reference(writer: Writer, history: History) -> None:
    """Write customers, programs, accounts, rates, contracts and their lines."""
    for customer in CUSTOMERS:
        write_customer(writer, customer)
    for program in PROGRAMS:
        writer.row(
            "programs",
            {
                "program_id": program.program_id,
                "program_name": program.name,
                "customer_id": program.customer_id,
                "start_date": PO_START,
                "owner": program.owner,
            },
        )
    for account, name, kind, caption in ACCOUNTS:
        writer.row("gl_accounts", {"account": account, "account_name": name, "account_type": kind, "caption": caption})
    for day, rate in history.rates.items():
        writer.row("fx_rates", {"currency": FOREIGN, "rate_date": day, "rate": rate, "rate_type": "spot"})
    for contract in CONTRACTS:
        _write_contract(writer, contract)
    for line in LINES:
        _write_line(writer, line)
    line_id, day, change = CONTRACT_CHANGE
    writer.row(
        "contract_changes",
        {"contract_line_id": line_id, "change_date": day, "amount_change": change, "treatment": "cumulative"},
    )


def _write_contract(writer: Writer, contract: Contract) -> None:
    writer.row(
        "contracts",
        {
            "contract_id": contract.contract_id,
            "program_id": contract.program_id,
            "customer_id": contract.customer_id,
            "signed_date": date(2025, 12, 15),
            "start_date": PO_START,
            "end_date": PO_END,
            "currency": contract.currency,
            "payment_terms_days": contract.terms,
            "discount_percent": contract.discount_percent,
            "billing_frequency": contract.frequency,
        },
    )


def _write_line(writer: Writer, line: Line) -> None:
    common = {
        "contract_line_id": line.line_id,
        "contract_id": line.contract_id,
        "product": line.product,
        "billing_model": line.model,
        "unit": line.unit,
        "amount": line.amount,
        "service_start": line.start,
        "service_end": line.end,
        "standalone_selling_price": line.selling_price,
        "estimated_cost": line.estimated_cost,
        "recognition": line.recognition,
    }
    if not line.prices:
        writer.row("contract_lines", common)
    for price in line.prices:
        writer.row(
            "contract_lines",
            common,
            unit_price=price.price,
            tier_from=price.tier_from,
            price_from=price.price_from,
            price_to=price.price_to,
        )


def purchase_orders(history: History) -> tuple[Rows, Rows]:
    """A purchase order a contract, funded well beyond its use; a third of the funding came by amendment."""
    orders: Rows = []
    amendments: Rows = []
    for number, contract in enumerate(CONTRACTS):
        used = sum(
            (
                max(history.billed[line.line_id, p], history.accepted_value[line.line_id, p], ZERO)
                for line in LINES
                if line.contract_id == contract.contract_id
                for p in PERIODS
            ),
            ZERO,
        )
        funded = (used * Decimal("1.8") / 5000).to_integral_value(ROUND_CEILING) * 5000
        later = (funded / 3 / 1000).to_integral_value(ROUND_CEILING) * 1000 if number % 3 == 0 else ZERO
        orders.append(
            {
                "po_number": contract.po_number,
                "program_id": contract.program_id,
                "customer_id": contract.customer_id,
                "contract_id": contract.contract_id,
                "issue_date": date(2026, 1, 2),
                "start_date": PO_START,
                "end_date": PO_END,
                "currency": contract.currency,
                "authorized_amount": funded - later,
                "status": "open",
            }
        )
        if later:
            amendments.append(
                {
                    "po_number": contract.po_number,
                    "amendment_number": "1",
                    "amendment_date": date(2026, 3, 16),
                    "amount_change": later,
                }
            )
    return orders, amendments


def budgets(history: History) -> Rows:
    """A budget made before the year and a forecast made in July, by account and program and month."""
    rows: Rows = []
    for scenario, spread in (("budget", 12), ("forecast", 5)):
        dice = history.dice("budgets", scenario)
        for program in PROGRAM_IDS:
            for account in ("4000", "4010", "5000"):
                for period in PERIODS:
                    actual = _actual(history, account, program, period)
                    if actual:
                        percent = Decimal(100 + dice.randint(-spread, spread)) / 100
                        amount = (actual * percent / 500).to_integral_value(ROUND_HALF_EVEN) * 500
                        rows.append(
                            {
                                "scenario": scenario,
                                "account": account,
                                "program_id": program,
                                "period": str(period),
                                "amount": amount,
                            }
                        )
        for account, monthly in (("6000", 262000), ("6100", 24500), ("6200", 44000), ("6400", 7000)):
            for period in PERIODS:
                rows.append(
                    {
                        "scenario": scenario,
                        "account": account,
                        "program_id": None,
                        "period": str(period),
                        "amount": Decimal(monthly),
                    }
                )
    return rows


def _actual(history: History, account: str, program: str, period: Period) -> Decimal:
    if account == "5000":
        return history.owed[program, period]
    return -sum(
        (
            history.revenue[line.line_id, period]
            for line in LINES
            if line.account == account and CONTRACT_OF[line.contract_id].program_id == program
        ),
        ZERO,
    )


_STEPS = (
    ("usage cut-off", 1, "delivery"),
    ("purchase order check", 2, "billing"),
    ("invoice draft", 3, "billing"),
    ("invoice review", 4, "billing"),
    ("post and send", 5, "accounting"),
)
_TEAM = ("m.okafor", "j.lindqvist", "r.castillo", "e.marsh")
_REVIEWERS = ("d.whitfield", "a.sandoval", "p.ferreira")


def billing_tasks(history: History) -> Rows:
    """The steps of each program's billing, due on the first five working days after the month."""
    rows: Rows = []
    for period in PERIODS:
        for program in PROGRAM_IDS:
            dice = history.dice("tasks", program, period)
            for step, workday_number, team in _STEPS:
                due = datetime.combine(working_day(period.last_day, workday_number), time(18, 0))
                completed = due - timedelta(minutes=dice.randint(20, 460))
                reviewed = completed + timedelta(minutes=dice.randint(30, 900))
                rows.append(
                    {
                        "task_id": f"TK-{period}-{program}-{workday_number}",
                        "program_id": program,
                        "period": str(period),
                        "step": step,
                        "team": team,
                        "assignee": dice.choice(_TEAM),
                        "due_at": due,
                        "completed_at": completed,
                        "reviewer": dice.choice(_REVIEWERS),
                        "reviewed_at": reviewed,
                        "result": "returned" if dice.random() < 0.06 else "passed",
                    }
                )
    return rows
