"""What a run is asked for, and what is known before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from close_library.parameters import CompanyParameters, Settings, load_parameters
from close_library.period import Period
from close_library.run.glance import Glance, choose_period, glance
from close_library.run.plan import Notebooks, Plan, choose, read_notebooks, refuse_unknown_files


@dataclass(frozen=True)
class Request:
    """What a run is asked for. `period` empty is the latest; `workers` 0 is one for each processor."""

    parameters: Path = Path("parameters")
    outputs: Path = Path("outputs")
    notebooks: Path | None = None
    period: str = ""
    programs: tuple[str, ...] = ()
    workpapers: tuple[str, ...] = ()
    workers: int = 0
    timeout: int = 1800
    wait: float = 0
    force: bool = False


@dataclass(frozen=True)
class Prepared:
    """What is known before anything is written: parameters, what the sources hold, the period, the plan."""

    company: CompanyParameters
    settings: Settings
    period: Period
    glance: Glance
    notebooks: Notebooks
    plan: Plan
    company_folder: Path
    """The absolute folder of the company in the outputs."""

    @property
    def folder(self) -> Path:
        """The folder of the period."""
        return self.company_folder / str(self.period)

    @property
    def heading(self) -> dict[str, str]:
        """How documents call the company."""
        people = self.settings.people
        return {
            "company": self.settings.company,
            "company_name": self.settings.name,
            "preparer": people.preparer,
            "reviewer": people.reviewer,
        }


def prepare(request: Request) -> Prepared:
    """Read everything that can refuse a run, and write nothing. Raises CloseError."""
    company = load_parameters(request.parameters)
    asked = Period.parse(request.period, "the period on the command line") if request.period else None
    notebooks = read_notebooks(notebooks_folder(request.notebooks))
    seen = glance(company.resolve().sources)
    period = choose_period(asked, Period.parse(company.resolve().first_period), seen)
    settings = company.resolve(period)
    refuse_unknown_files(company, seen.program_ids)
    plan = choose(notebooks, seen.program_ids, request.programs, request.workpapers)
    return Prepared(company, settings, period, seen, notebooks, plan, request.outputs.resolve() / settings.company)


def notebooks_folder(asked: Path | None) -> Path:
    """Where the notebooks are: as asked, else in the current folder, else beside the package."""
    if asked is not None:
        return asked
    here = Path("notebooks")
    return here if here.is_dir() else Path(__file__).resolve().parents[2] / "notebooks"
