"""What the close must find in the sample company: figures, findings and plants, written beside the tables."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from close_library.sample.figures_contracts import ContractFigures
from close_library.sample.figures_flux import ExpectedChange, FluxFigures
from close_library.sample.figures_receivables import COMPANY, FIGURES, Figures, ReceivablesFigures
from close_library.sample.findings import SCOPES, Expected, all_findings
from close_library.sample.history import History
from close_library.sample.planting import HOME_OF, Note, Plants
from close_library.sample.programs import COMPANY as NAME
from close_library.sample.programs import FUNCTIONAL, LINES, PERIODS, PROGRAMS, program_of_contract_line
from close_library.sample.receivables import Receivables
from close_library.sample.writer import Writer

COMPLETE_HOMES = ("10", "20", "70")
"""Workpapers whose expected findings are complete; of the others, only what was planted and what follows directly."""

ByScope = dict[str, dict[str, Figures]]


@dataclass(frozen=True)
class Truth:
    """What is expected: `figures[period][scope][ref][figure]`, findings, plants and the rows of each table.

    `flux` are the changes that the flux workpapers must ask about: what a year brings, not problems that were planted.
    """

    seed: int
    scale: Decimal
    figures: dict[str, ByScope]
    findings: tuple[Expected, ...]
    flux: tuple[ExpectedChange, ...]
    planted: tuple[dict[str, object], ...]
    near_misses: tuple[dict[str, object], ...]
    rows: dict[str, int]

    def as_data(self) -> dict[str, object]:
        """Everything as plain values, amounts as text."""
        return {
            "format": "sample_truth/1",
            "company": NAME,
            "functional_currency": FUNCTIONAL,
            "seed": self.seed,
            "scale": format(self.scale, "f"),
            "periods": [str(period) for period in PERIODS],
            "complete_homes": list(COMPLETE_HOMES),
            "rows": self.rows,
            "figures": {
                period: {
                    scope: {
                        ref: {name: _text(amount) for name, amount in figures.items()} for ref, figures in refs.items()
                    }
                    for scope, refs in scopes.items()
                }
                for period, scopes in self.figures.items()
            },
            "findings": [one.as_data() for one in self.findings],
            "flux": [one.as_data() for one in self.flux],
            "planted": list(self.planted),
            "near_misses": list(self.near_misses),
        }

    def write(self, folder: Path) -> None:
        """Write `expected.json` and `README.md`, each whole or not at all."""
        _write(folder / "expected.json", json.dumps(self.as_data(), indent=1, ensure_ascii=False) + "\n")
        _write(folder / "README.md", self.as_markdown())

    def as_markdown(self) -> str:
        """The README: what the company is, its programs, its planted problems and near misses."""
        by_home = Counter(one.home for one in self.findings if one.scope == COMPANY or one.home in _BY_PROGRAM)
        latest = sum(1 for one in self.findings if one.period == str(PERIODS[-1]) and one.scope == COMPANY)
        about = (
            f"Generated with seed {self.seed} and scale {self.scale}; {sum(self.rows.values()):,} rows in "
            f"{len(self.rows)} tables, {PERIODS[0]} to {PERIODS[-1]}, functional currency {FUNCTIONAL}. "
            "The same seed and scale give the same bytes. `expected.json` holds the figures and findings that a "
            "close of these tables must show, by the generator's own events."
        )
        counted = (
            f"{len(self.planted)} problems. {latest} findings stand in {PERIODS[-1]} for the company. Findings by "
            "workpaper over all periods: " + ", ".join(f"{home}: {by_home[home]}" for home in sorted(by_home)) + "."
        )
        lines = [
            f"# {NAME}, a sample company",
            "",
            about,
            "",
            _STORY,
            "",
            "## Programs",
            "",
            "| program | what it is | billed by |",
            "|---|---|---|",
            *_programs(),
            "",
            "## Planted problems",
            "",
            counted,
            "",
            "| plant | finding | workpaper | periods | program | key | what happened |",
            "|---|---|---|---|---|---|---|",
            *(_row(plant) for plant in self.planted),
            "",
            "## Near misses, which are no problem",
            "",
            "| near miss | is not a | program | key | why |",
            "|---|---|---|---|---|",
            *(
                f"| {one['name']} | `{one['finding']}` | {one['program_id'] or '–'} | {one['key']} | {one['story']} |"
                for one in self.near_misses
            ),
            "",
        ]
        return "\n".join(lines)


_STORY = (
    "The company labels, writes and judges data for companies that train models. It began billing in January 2026. "
    "Usage and hours are billed on the last day of the month, milestones on acceptance, the platform by the quarter, "
    "the street map corpus in monthly instalments; small customers pay by card. A receipt belongs to the program of "
    "its customer; Halcyon Labs has two programs, so its unapplied cash belongs to none. The ledger posts every "
    "document at the rate of its own date and remeasures the euro receivables at each month end under `fx:EUR`."
)
_BY_PROGRAM = {"50", "51", "71", "72"}


def _programs() -> list[str]:
    billed: dict[str, list[str]] = {program.program_id: [] for program in PROGRAMS}
    for line in LINES:
        models = billed[program_of_contract_line(line.line_id)]
        words = f"{line.model.replace('_', ' ')} ({line.recognition.replace('_', ' ')})"
        if words not in models:
            models.append(words)
    return [
        f"| {program.program_id} | {program.name} | {', '.join(billed[program.program_id])} |" for program in PROGRAMS
    ]


def _row(plant: dict[str, object]) -> str:
    periods = str(plant["periods"]).strip("[]").replace("'", "")
    return (
        f"| {plant['name']} | `{plant['finding']}` | {plant['home']} | {periods} | {plant['program_id'] or '–'} "
        f"| {plant['key']} | {plant['story']} |"
    )


def _text(amount: Decimal | None) -> str | None:
    if amount is None:
        return None
    return format(amount if amount else abs(amount), "f")


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


def _in_order(notes: list[Note]) -> list[Note]:
    return sorted(notes, key=lambda note: (note.periods, HOME_OF[note.finding], note.finding, note.name))


def _told(note: Note) -> dict[str, object]:
    return {
        "name": note.name,
        "finding": note.finding,
        "home": HOME_OF[note.finding],
        "periods": list(note.periods),
        "program_id": note.program_id,
        "table": note.table,
        "key": note.key(),
        "story": note.story,
    }


def tell(history: History, receivables: Receivables, plants: Plants, writer: Writer) -> Truth:
    """Work out what is expected of a finished history, and write it beside the tables."""
    receivables_figures = ReceivablesFigures(history, receivables)
    contracts = ContractFigures(history, receivables)
    flux = FluxFigures(history)
    figures: dict[str, ByScope] = {}
    for period in PERIODS:
        figures[str(period)] = {
            scope: {ref: figure(receivables_figures, period, scope) for ref, figure in FIGURES.items()}
            for scope in SCOPES
        }
        for scope, refs in figures[str(period)].items():
            refs["22"] = contracts.contract_balances(period, scope)
            refs["23"] = contracts.revenue(period, scope)
            refs["24"] = contracts.vendors(period, scope)
            refs.update(flux.figures(period, scope))
            if scope != COMPANY:
                refs["60"] = contracts.recognition(period, scope)
                refs["90"] = contracts.tracker(period, scope)
    truth = Truth(
        history.seed,
        history.scale,
        figures,
        tuple(all_findings(receivables_figures, contracts, plants.notes)),
        tuple(flux.findings()),
        tuple(_told(note) for note in _in_order(plants.notes) if not note.near_miss),
        tuple(_told(note) for note in plants.notes if note.near_miss),
        dict(writer.counts),
    )
    truth.write(writer.folder)
    return truth
