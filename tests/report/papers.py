"""Believable workpapers for the tests of the reports: documents with their rows files, exact to the cent.

A paper is built from its source rows: each figure's amount is the sum of the rows that are written for it, so a
report that shows something else is wrong.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

HOSTILE = [
    "<script>window.INJECTED=1</script>",
    '"><img src=x onerror="window.INJECTED=1">',
    '=HYPERLINK("http://example.invalid","click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+49 30 1234",
    "-2+3",
    "]]></script><script>window.INJECTED=1</script>",
    "</style><script>window.INJECTED=1</script>",
    "[link](javascript:window.INJECTED=1) **bold** <b>raw</b>",
    "{{ 7 * 7 }} {% raw %} ${INJECTED}",
    "http://example.invalid/track.png",
    "\u202eRTL override \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\U0001f4a3 ünïcödé 漢字 \ufeff\u200b",
    "$\\frac{1}{ &R&8 &amp; 'quote' \\ \x07 bell",
    "long " + "x" * 400,
    "*?~<>=<1",
]
"""Texts that must stay text in every format."""

SCHEMA = pa.schema(
    [
        ("figure", pa.string()),
        ("source_table", pa.string()),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("amount", pa.decimal128(38, 2)),
        ("shown", pa.map_(pa.string(), pa.string())),
    ]
)


@dataclass
class Paper:
    """A document under construction: rows go in, figures come out."""

    ref: str
    name: str
    title: str
    folder: Path
    program: str = "atlas"
    unit: str = "USD"
    rows: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)

    def row(self, figure: str, table: str, line: int, amount: Decimal | None, **shown: str) -> None:
        """One source row behind a figure."""
        self.rows.append(
            {
                "figure": figure,
                "source_table": table,
                "source_file": f"{table}.csv",
                "source_row": line,
                "amount": amount,
                "shown": list(shown.items()),
            }
        )

    def figure(self, id: str, label: str, unit: str | None = None) -> Decimal:
        """A figure from the rows written so far: their exact sum, or their count when its unit is rows."""
        unit = unit or self.unit
        mine = [row for row in self.rows if row["figure"] == id]
        amount = Decimal(len(mine)) if unit == "rows" else sum((row["amount"] for row in mine), Decimal("0.00"))
        self.figures[id] = {"label": label, "amount": str(amount), "unit": unit, "of": self.program, "rows": len(mine)}
        return amount

    def ratio(self, id: str, label: str, unit: str, amount: str | None, **more: str) -> None:
        """A figure without rows of its own."""
        self.figures[id] = {"label": label, "amount": amount, "unit": unit, "of": self.program, "rows": None, **more}

    def rows_file(self) -> Path:
        """Where the rows of this paper are written."""
        return self.folder / f"{self.ref}_{self.name}.rows.parquet"

    def document(self, **parts: Any) -> dict[str, Any]:
        """Write the rows file and give the finished document."""
        order = ("figure", "source_table", "source_file", "source_row")
        self.rows.sort(key=lambda row: tuple(row[name] for name in order))
        pq.write_table(pa.Table.from_pylist(self.rows, SCHEMA), self.rows_file())
        found = parts.get("findings", [])
        is_open = any(not tie_out["agreed"] for tie_out in parts.get("tie_outs", [])) or bool(found)
        return {
            "format": "workpaper/1",
            "ref": self.ref,
            "name": self.name,
            "title": self.title,
            "company": "meridian",
            "company_name": "Meridian AI Data, Inc.",
            "program": self.program,
            "period": "2026-10",
            "period_end": "2026-10-31",
            "functional_currency": self.unit,
            "preparer": "J. Ortega",
            "reviewer": "",
            "status": "open" if is_open else "agreed",
            "figures": self.figures,
            "tie_outs": [],
            "findings": [],
            "tables": {},
            "charts": [],
            "sources": sources(),
            "sections": sections(),
            "parameters": parameters(),
            "rows": {
                "file": self.rows_file().name,
                "sha256": hashlib.sha256(self.rows_file().read_bytes()).hexdigest(),
            },
            "inputs": hashlib.sha256(self.name.encode()).hexdigest(),
            **parts,
        }


def tie_out(id: str, label: str, per_workpaper: Decimal, per_books: Decimal, tick: str, **more: str) -> dict[str, Any]:
    """A tie-out as the document holds it."""
    difference = per_books - per_workpaper
    return {
        "id": id,
        "label": label,
        "per_workpaper": str(per_workpaper),
        "per_books": str(per_books),
        "difference": str(difference),
        "tolerance": "0.00",
        "agreed": difference == 0,
        "tick": tick,
        **more,
    }


def sources() -> list[dict[str, Any]]:
    """Three files that were read."""
    return [
        {
            "table": table,
            "file": f"{table}.csv",
            "sha256": hashlib.sha256(table.encode()).hexdigest(),
            "rows": rows,
            "control_total": total,
        }
        for table, rows, total in (
            ("invoices", 2140, "18234567.89"),
            ("cash_receipts", 911, "15002345.10"),
            ("programs", 8, None),
        )
    ]


def parameters() -> list[dict[str, str]]:
    """Settings with their origin."""
    return [
        {"key": "tolerances.tie_out", "value": "0.00", "origin": "default"},
        {"key": "accounts.accounts_receivable", "value": "1200", "origin": "parameters/company.yaml, line 11"},
    ]


def sections() -> dict[str, str]:
    """The prose of a workpaper, with a table and a list."""
    return {
        "purpose": "Prove that **receivables** roll forward.\n\n- existence\n- completeness",
        "sources": "The invoices and receipts of the billing system, read whole.",
        "procedure": "### Steps\n\n1. Take the prior closing.\n2. Add the invoices, take the cash.\n\n"
        "| term | sign |\n|---|---|\n| invoices | + |\n| cash | − |",
        "conclusion": "The balance rolls and agrees to the ledger.",
    }


def roll_forward(folder: Path, rows: int = 2000, unit: str = "USD") -> dict[str, Any]:
    """30: a receivables roll-forward of about `rows` source rows, whose ledger agrees."""
    dice = random.Random(30)
    paper = Paper("30", "receivables_roll_forward", "Receivables roll-forward", folder, unit=unit)
    labels = {
        "opening_balance": "Opening balance",
        "invoices": "Invoices",
        "credit_memos": "Credit memos",
        "cash_received": "Cash received",
        "discounts": "Discounts",
        "write_offs": "Write-offs",
        "fx": "Remeasurement of foreign items",
        "closing_balance": "Closing balance",
    }
    signs = {
        "opening_balance": 1,
        "invoices": 1,
        "credit_memos": -1,
        "cash_received": -1,
        "discounts": -1,
        "write_offs": -1,
        "fx": 1,
    }
    shares = {"opening_balance": 15, "invoices": 20, "credit_memos": 2, "cash_received": 12, "discounts": 1}
    line = 1
    for figure, sign in signs.items():
        for _ in range(rows * shares.get(figure, 0) // 100):
            line += 1
            amount = Decimal(dice.randint(-20_000 if figure == "opening_balance" else 1, 2_500_000)) / 100
            shown = {
                "invoice_number": f"INV-{line:05d}",
                "customer": f"Customer {dice.randint(1, 40):02d}",
                "date": f"2026-10-{dice.randint(1, 31):02d}",
            }
            table = "cash_receipts" if figure == "cash_received" else "invoices"
            paper.row(figure, table, line, amount, **shown)
            paper.row("closing_balance", table, line, sign * amount, **shown, term=figure)
    amounts = {id: paper.figure(id, label) for id, label in labels.items()}
    terms = [[labels[id], str(signs.get(id, 1) * amounts[id])] for id in signs]
    chart = [{"label": labels["opening_balance"], "amount": terms[0][1], "kind": "total"}]
    chart += [{"label": label, "amount": amount, "kind": "step"} for label, amount in terms[1:]]
    chart += [{"label": labels["closing_balance"], "amount": str(amounts["closing_balance"]), "kind": "total"}]
    closing = amounts["closing_balance"]
    return paper.document(
        tie_outs=[
            tie_out(
                "30.1",
                "Closing balance agrees to the general ledger",
                closing,
                closing,
                "GL",
                per_workpaper_figure="closing_balance",
            ),
            tie_out(
                "30.2", "Roll-forward foots", closing, sum((Decimal(amount) for _, amount in terms), Decimal(0)), "F"
            ),
        ],
        tables={
            "30.1": {
                "title": "Receivables roll-forward",
                "columns": ["term", "amount"],
                "types": ["text", "money"],
                "rows": [*terms, ["Closing balance", str(closing)]],
                "total_row": True,
                "links": [[0, 1, "opening_balance"], [1, 1, "invoices"], [7, 1, "closing_balance"], [6, 1, "fx"]],
                "total_rows": 8,
            }
        },
        charts=[{"id": "30.c1", "kind": "waterfall", "title": "From opening to closing", "unit": unit, "data": chart}],
    )


BUCKETS = [
    "not_due",
    "days_1_30",
    "days_31_60",
    "days_61_90",
    "over_90",
    "no_due_date",
    "credit_memos",
    "unapplied_cash",
]


def aging(folder: Path, customers: int = 30, hostile: bool = False) -> dict[str, Any]:
    """70: an aging by customer with KPIs; `hostile` plants texts in every place that a file could bring one from."""
    dice = random.Random(70)
    paper = Paper("70", "aging_and_collections", "Aging and collections", folder, program="_company")
    names = [HOSTILE[n % len(HOSTILE)] if hostile else f"Customer {n:02d} Holdings" for n in range(1, customers + 1)]
    lines, line = [], 1
    for name in names:
        totals = dict.fromkeys(BUCKETS, Decimal("0.00"))
        for _ in range(dice.randint(2, 12)):
            line += 1
            bucket = dice.choice(BUCKETS)
            amount = Decimal(dice.randint(100, 9_000_000)) / 100 * (-1 if bucket in BUCKETS[-2:] else 1)
            totals[bucket] += amount
            shown = {"invoice_number": f"INV-{line:05d}", "customer": name, "due_date": "2026-09-30"}
            paper.row(bucket, "invoices", line, amount, **shown)
            paper.row("total", "invoices", line, amount, **shown)
        lines.append([name, *(str(totals[bucket]) for bucket in BUCKETS), str(sum(totals.values(), Decimal("0.00")))])
    for number in range(120):
        paper.row(
            "credit_sales",
            "invoices",
            5000 + number,
            Decimal(dice.randint(1, 9_000_000)) / 100,
            invoice_number=f"INV-9{number:03d}",
        )
    labels = [bucket.replace("_", " ").capitalize() for bucket in BUCKETS]
    amounts = {bucket: paper.figure(bucket, label) for bucket, label in zip(BUCKETS, labels, strict=True)}
    amounts["total"] = paper.figure("total", "Receivables in all")
    sales = paper.figure("credit_sales", "Credit sales of the period")
    dso = (amounts["total"] / sales * 31).quantize(Decimal("0.0001"), "ROUND_HALF_UP")
    paper.ratio(
        "dso",
        "Days sales outstanding",
        "days",
        str(dso),
        convention="closing receivables / credit sales × days",
        formula="{total} / {credit_sales} * 31",
    )
    paper.ratio(
        "collection_effectiveness",
        "Collection effectiveness",
        "percent",
        "87.1250",
        convention="(opening + sales − closing) / (opening + sales − not due) × 100",
    )
    paper.ratio("average_days_delinquent", "Average days delinquent", "days", None)
    for number in range(3):
        paper.row("documents", "invoices", 7000 + number, None, invoice_number=f"INV-8{number:03d}")
    paper.figure("documents", "Documents looked at", "rows")
    finding = {
        "finding": "invoice_past_due",
        "severity": "warning",
        "amount": "1200.00",
        "currency": "USD",
        "status": "open",
    }
    findings = [
        {
            **finding,
            "keys": {"invoices": [f"INV-{n:05d}"]},
            "subject": f"invoice_past_due:INV-{n:05d}",
            "message": f"Invoice INV-{n:05d} of {names[0]} is 124 days past due.",
        }
        for n in range(2, 14)
    ]
    findings.append(
        {
            **finding,
            "finding": "receipt_unapplied",
            "severity": "error",
            "amount": "-88.10",
            "keys": {"cash_receipts": ["R-1"]},
            "subject": "receipt_unapplied:R-1",
            "message": "Receipt R-1 has been unapplied for 61 days.",
        }
    )
    findings.append(
        {
            **finding,
            "finding": "duplicate_key",
            "severity": "info",
            "amount": None,
            "keys": {"invoices": ["INV-00002", "INV-00003"]},
            "message": "Two rows share a key.",
        }
    )
    total_row = ["Total", *(str(amounts[bucket]) for bucket in BUCKETS), str(amounts["total"])]
    overdue = [[line[0], *line[1:6]] for line in lines[:8]]
    document = paper.document(
        tie_outs=[
            tie_out(
                "70.1",
                "Aging agrees to the subledger",
                amounts["total"],
                amounts["total"],
                "CF",
                per_workpaper_figure="total",
            ),
            tie_out(
                "70.2",
                "Aging agrees to the general ledger",
                amounts["total"],
                amounts["total"] - Decimal("1240.00"),
                "GL",
            ),
        ],
        findings=findings,
        tables={
            "70.1": {
                "title": "Aging by customer",
                "columns": ["customer", *BUCKETS, "total"],
                "types": ["text", *["money"] * 9],
                "rows": [*lines, total_row],
                "total_row": True,
                "links": [[len(lines), place, id] for place, id in enumerate([*BUCKETS, "total"], 1)],
                "parts": [
                    {"column": id, "figures": [id], "by": {"customer": "customer"}} for id in [*BUCKETS, "total"]
                ],
                "total_rows": len(lines) + 1,
            },
            "70.2": {
                "title": "Collections",
                "columns": ["measure", "value", "documents", "as_of"],
                "types": ["text", "ratio", "int", "date"],
                "rows": [
                    ["Past due", "12.5000", "1204", "2026-10-31"],
                    ["Largest customer's share", None, "3", "2026-10-31"],
                ],
                "total_row": False,
                "links": [],
                "total_rows": 2,
            },
        },
        charts=[
            {
                "id": "70.c1",
                "kind": "stacked_bars",
                "title": "Overdue by customer",
                "unit": "USD",
                "data": {"series": BUCKETS[:5], "data": [{"label": row[0], "amounts": row[1:]} for row in overdue]},
            },
            {
                "id": "70.c2",
                "kind": "bars",
                "title": "Largest customers",
                "unit": "USD",
                "data": [{"label": line[0], "amount": line[-1]} for line in lines[:8]],
            },
        ],
    )
    return poison(document) if hostile else document


def bridge(folder: Path, unexplained: str = "0.00", subledger: str = "1093.11") -> dict[str, Any]:
    """20: subledger to ledger, its difference classified."""
    paper = Paper("20", "receivables_to_ledger", "Receivables to general ledger", folder)
    amounts = {
        "in_subledger_not_in_gl": "-1500.25",
        "in_gl_not_in_subledger": "310.00",
        "amount_differs": "-0.01",
        "timing": "240.00",
        "unexplained": unexplained,
    }
    paper.row("ar_subledger", "invoices", 2, Decimal(subledger), invoice_number="INV-1")
    paper.row("ar_subledger", "invoices", 3, Decimal("-0.01"), invoice_number="INV-2")
    for number, (figure, amount) in enumerate(amounts.items(), 4):
        if Decimal(amount):
            paper.row(figure, "gl_entries", number, Decimal(amount), document_number=f"INV-{number}", class_=figure)
            paper.row(
                "difference", "gl_entries", number, Decimal(amount), document_number=f"INV-{number}", class_=figure
            )
    paper.row(
        "ar_general_ledger",
        "gl_entries",
        2,
        Decimal(subledger) - Decimal("0.01") + sum(map(Decimal, amounts.values())),
        journal_id="J-1",
    )
    found = {
        id: paper.figure(id, id.replace("_", " ").capitalize())
        for id in ("ar_subledger", *amounts, "difference", "ar_general_ledger")
    }
    lines = [[id.replace("_", " ").capitalize(), str(found[id])] for id in ("ar_subledger", *amounts)]
    total = found["ar_general_ledger"]
    return paper.document(
        tie_outs=[
            tie_out(
                "20.1", "Subledger and items make the ledger", found["ar_subledger"] + found["difference"], total, "GL"
            )
        ],
        tables={
            "20.1": {
                "title": "Bridge from subledger to general ledger",
                "columns": ["line", "amount"],
                "types": ["text", "money"],
                "rows": [*lines, ["General ledger", str(total)]],
                "total_row": True,
                "links": [[n, 1, id] for n, id in enumerate(("ar_subledger", *amounts))],
                "total_rows": len(lines) + 1,
            },
            "20.2": items({figure: amount for figure, amount in amounts.items() if Decimal(amount)}),
        },
        findings=[
            {
                "finding": figure,
                "severity": "warning" if figure == "timing" else "error",
                "amount": amount,
                "currency": "USD",
                "status": "open",
                "keys": {"invoices": [f"INV-{number}"]},
                "subject": f"{figure}:INV-{number}",
                "message": f"INV-{number}: {figure.replace('_', ' ')}.",
            }
            for number, (figure, amount) in enumerate(amounts.items(), 4)
            if Decimal(amount)
        ],
    )


def items(amounts: dict[str, str]) -> dict[str, Any]:
    """A schedule of reconciling items, each with its id, which somebody follows up."""
    rows = [
        [
            f"20:document:INV-{number}",
            figure,
            f"INV-{number}",
            "2026-09-30",
            "31",
            "100.00",
            str(100 + Decimal(amount)),
            amount,
        ]
        for number, (figure, amount) in enumerate(amounts.items(), 4)
    ]
    columns = ["item", "class", "document", "first_date", "age_days", "subledger", "ledger", "difference"]
    return {
        "title": "Reconciling items",
        "columns": columns,
        "types": ["text", "text", "text", "date", "int", "money", "money", "money"],
        "rows": rows,
        "total_row": False,
        "links": [],
        "total_rows": len(rows),
        "subjects": [[line, row[0], row[-1]] for line, row in enumerate(rows)],
        "relations": {"difference": "[ledger] - [subledger]"},
    }


def flux(folder: Path, hostile: bool = False) -> dict[str, Any]:
    """40: changes by account, of which those above the threshold are findings until somebody explains them."""
    dice = random.Random(40)
    paper = Paper("40", "flux_profit_and_loss", "Flux of profit and loss", folder)
    lines, findings, line = [], [], 1
    for number in range(12):
        account = HOSTILE[number] if hostile else f"40{number:02d}"
        for figure in ("current", "comparison"):
            for _ in range(dice.randint(2, 5)):
                line += 1
                amount = Decimal(dice.randint(100, 5_000_000)) / 100
                paper.row(f"{figure}:{number}", "gl_entries", line, amount, account=account, journal=f"J-{line}")
                paper.row(figure, "gl_entries", line, amount, account=account, journal=f"J-{line}")
        current, comparison = (paper.figure(f"{f}:{number}", f"{account}: {f}") for f in ("current", "comparison"))
        change = current - comparison
        subject = f"flux_unexplained:{account}:atlas:prior_month"
        lines.append([account, str(current), str(comparison), str(change), subject])
        if abs(change) > 10_000:
            findings.append(
                {
                    "finding": "flux_unexplained",
                    "severity": "warning",
                    "amount": str(change),
                    "currency": "USD",
                    "status": "open",
                    "keys": {"gl_accounts": [f"{account}:atlas"]},
                    "subject": subject,
                    "message": f"Account {account} changed by {change} since last month.",
                }
            )
    totals = [paper.figure(figure, figure) for figure in ("current", "comparison")]
    last = ["Total", str(totals[0]), str(totals[1]), str(totals[0] - totals[1])]
    return paper.document(
        findings=findings,
        tie_outs=[tie_out("40.1", "Changes foot", totals[0] - totals[1], totals[0] - totals[1] + 7, "F")],
        tables={
            "40.1": {
                "title": "Change since the prior month [by account]: 'P&L'?",
                "columns": ["account", "current", "comparison", "change"],
                "types": ["text", "money", "money", "money"],
                "rows": [*(line[:4] for line in lines), last],
                "total_row": True,
                "links": [[12, 1, "current"], [12, 2, "comparison"]],
                "total_rows": 13,
                "subjects": [[number, line[4], line[3]] for number, line in enumerate(lines)],
                "relations": {"change": "[current] - [comparison]"},
                "parts": [
                    {"column": side, "figures": [side], "by": {"account": "account"}}
                    for side in ("current", "comparison")
                ],
            }
        },
    )


def spoken(document: dict[str, Any], hostile: bool = False) -> dict[str, Any]:
    """What people said about a paper: of its subjects, in turn, one explained, one stale, one suggested, one not at all."""
    subjects = [(finding["subject"], finding["amount"]) for finding in document["findings"] if "subject" in finding]
    subjects += [(f"tie_out:{each['id']}", each["difference"]) for each in document["tie_outs"] if not each["agreed"]]
    texts = HOSTILE if hostile else ["It is known.", "It was paid on 2 November.", "As last month.\nSee the contract."]
    states = ("current", "stale", "suggestion", None)
    explanations = {
        subject: {
            "text": texts[number % len(texts)],
            "by": HOSTILE[0] if hostile else "J. Ortega",
            "at": "2026-11-03T09:15:00Z",
            "amount": "1.00" if states[number % 4] == "stale" else amount,
            "state": states[number % 4],
            "period": "2026-09" if states[number % 4] == "suggestion" else "2026-10",
        }
        for number, (subject, amount) in enumerate(subjects)
        if states[number % 4]
    }
    items = [subject for table in document["tables"].values() for _, subject, _ in table.get("subjects") or []]
    return {
        "state": "lapsed",
        "sign_offs": {
            "preparer": {"by": "J. Ortega", "at": "2026-11-03T10:00:00Z", "lapsed": False},
            "reviewer": {"by": HOSTILE[6] if hostile else "M. Lind", "at": "2026-11-04T11:30:00Z", "lapsed": True},
            "rejected": None,
        },
        "explanations": explanations,
        "items": {
            item: {"owner": "R. Castillo", "action": texts[0], "by": "J. Ortega", "at": "2026-11-03T09:20:00Z"}
            for item in items[::2]
        },
        "record": {"events": 12, "head": "ab" * 32},
    }


def failed(folder: Path, text: str = "BooksError: no rate from EUR to USD.") -> dict[str, Any]:
    """A workpaper that reached no conclusion: the document has its name and the error, nothing else."""
    return {
        "format": "workpaper/1", "ref": "30", "name": "receivables_roll_forward", "title": "Receivables roll-forward",
        "company": "meridian", "program": "atlas", "period": "2026-10", "status": "failed", "error": text,
    }  # fmt: skip


def not_applicable(folder: Path) -> dict[str, Any]:
    """A workpaper whose tables the sources lack."""
    return {
        **failed(folder),
        "status": "not_applicable",
        "missing_tables": ["bank_transactions", "payouts"],
        "error": None,
    }


def poison(document: dict[str, Any]) -> dict[str, Any]:
    """Hostile texts in every text of a document that a source file, a parameter or a user's notebook could bring."""
    script = HOSTILE[6] + HOSTILE[1] + HOSTILE[7]
    for key in ("title", "company_name", "preparer", "reviewer", "period_end"):
        document[key] = f"{document[key]} {script}"
    for number, finding in enumerate(document["findings"]):
        finding["message"] += HOSTILE[number % len(HOSTILE)]
        finding["keys"] = {table: [*keys, HOSTILE[number % len(HOSTILE)]] for table, keys in finding["keys"].items()}
    for name in document["sections"]:
        document["sections"][name] += "\n\n" + "\n\n".join(HOSTILE)
    for number, text in enumerate(HOSTILE):
        document["parameters"].append({"key": text, "value": text, "origin": text})
        document["sources"].append(
            {"table": text, "file": text, "sha256": "0" * 64, "rows": number, "control_total": "1.00"}
        )
    for item in (*document["figures"].values(), *document["tie_outs"]):
        item["label"] += " " + HOSTILE[0] + HOSTILE[2]
    for item in (*document["tables"].values(), *document["charts"]):
        item["title"] = HOSTILE[2] + item["title"] + script
    for table in document["tables"].values():
        table["columns"] = [HOSTILE[number % len(HOSTILE)] + column for number, column in enumerate(table["columns"])]
    return document
