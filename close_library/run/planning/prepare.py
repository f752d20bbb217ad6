"""What a run is asked for, and what is known before anything is written."""

from __future__ import annotations

import re
import sysconfig
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from close_library.errors import Fault, ParameterError
from close_library.parameters import CompanyParameters, Settings, load_parameters
from close_library.period import Period
from close_library.run.planning.glance import Glance, choose_period, glance
from close_library.run.planning.plan import Notebooks, Plan, choose, read_notebooks, refuse_unknown_files

_PRODUCT = "close-workbook"
_INSTALLED = f"share/{_PRODUCT}/notebooks"
"""Where pyproject.toml has the notebooks installed, below the folder for data."""

_STORAGE = re.compile(r"^([a-z][a-z0-9+.-]+):/+(.+)$")


NO_PROGRAMS = (
    "The sources hold no program: no row belongs to one, and only the workpapers of the company run. "
    "Programs stand in a table programs, with their program_id."
)


@dataclass(frozen=True)
class Request:
    """What a run is asked for. `period` empty is the latest; `workers` 0 is one for each processor.

    `cluster` is the address of a Dask scheduler, or `local`; `storage` the address that `outputs` mirrors.
    """

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
    cluster: str = ""
    storage: str = ""


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
    def notices(self) -> tuple[str, ...]:
        """What a person should know before the run, which stops nothing."""
        if self.glance.programs:
            return self.notebooks.notices
        return (*self.notebooks.notices, NO_PROGRAMS)

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
    url = storage_url(request.outputs)
    if url:
        raise ParameterError(
            "only `close run` works on outputs in a storage.",
            [
                Fault(
                    f"--outputs {url}",
                    "the address of a storage",
                    "a folder",
                    "fetch the period into a folder with the storage's own command, and name that",
                )
            ],
        )
    company = load_parameters(request.parameters)
    asked = Period.parse(request.period, "the period on the command line") if request.period else None
    notebooks = read_notebooks(notebooks_folder(request.notebooks))
    of_company = company.resolve()
    folder = request.outputs.resolve() / of_company.company
    seen = glance(of_company.sources, kept_glance(folder))
    period = choose_period(asked, Period.parse(of_company.first_period), seen)
    settings = company.resolve(period)
    refuse_unknown_files(company, seen.program_ids)
    plan = choose(notebooks, seen.program_ids, request.programs, request.workpapers)
    return Prepared(company, settings, period, seen, notebooks, plan, folder)


def kept_glance(company_folder: Path) -> Path:
    """Where a run takes down what it saw of the sources."""
    return company_folder / ".run" / "glance.json"


def storage_url(outputs: Path) -> str | None:
    """The address of a storage that was given where a folder could be; None for a folder."""
    found = _STORAGE.match(outputs.as_posix())
    if found is None:
        return None
    root = "/" if found[1] in ("file", "local") else ""
    return f"{found[1]}://{root}{found[2].rstrip('/')}"


def notebooks_folder(asked: Path | None) -> Path:
    """Where the notebooks are: as asked, else in the current folder, else the product's own."""
    if asked is not None:
        return asked
    here = Path("notebooks")
    return here if here.is_dir() else own_notebooks_folder()


def own_notebooks_folder() -> Path:
    """Where the product's own notebooks are: beside the package, or where an installation puts them."""
    beside = Path(__file__).resolve().parents[3] / "notebooks"
    return beside if beside.is_dir() else _installed_notebooks()


def _installed_notebooks() -> Path:
    """Where the installation's own list of files has the notebooks: it may be a person's (`pip install --user`), or anywhere."""
    try:
        files = distribution(_PRODUCT).files or ()
    except PackageNotFoundError:
        files = ()
    for file in files:
        if file.suffix == ".ipynb" and file.parent.as_posix().endswith(_INSTALLED):
            return Path(str(file.locate())).resolve().parent
    return Path(sysconfig.get_path("data")) / _INSTALLED
