"""The files of a parameters folder laid over each other, and the values in force with the file and line of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from close_library.errors import Fault, ParameterError
from close_library.marked_yaml import Marked, read_marked
from close_library.parameters.refusals import fault_of, summary_of
from close_library.parameters.settings import Settings
from close_library.period import Period

COMPANY = "_company"
"""The scope that covers all programs, in outputs and in workpapers."""

COMPANY_ONLY = ("company", "name", "functional_currency", "fiscal_year_starts", "first_period", "sources", "record")
"""Keys that a program's file can't set."""


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
                fault_of(problem, layers, self.company.path)
                for problem in problems
                if not (problem["type"] == "too_short" and problem["loc"] in within)
            ]
            raise ParameterError(summary_of(faults), faults) from None
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
        raise ParameterError(summary_of(list(faults.values())), list(faults.values()))
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
