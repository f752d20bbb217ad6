"""What runs: which notebook for which program. Everything that can be refused is refused here, before anything runs."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from close_library.errors import Fault, NotebookError, ParameterError
from close_library.parameters import COMPANY, CompanyParameters
from close_library.run.planning.task import Task
from close_library.run.said.heard import Heard
from close_library.workpaper.notebook import Workpaper, read_workpaper

_RESERVED = {"books", "journal_entries", "index.html", "index.json", "manifest.json", "run.json"}
_UNSAFE = set('/\\:*?"<>|%#&')


@dataclass(frozen=True)
class Notebooks:
    """The workpapers of a notebooks folder, by ref, and what was left out and why."""

    workpapers: tuple[Workpaper, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The chosen workpapers and programs of a run. `partial` when something was left out by choice."""

    workpapers: tuple[Workpaper, ...]
    programs: tuple[str, ...]
    with_company: bool = True
    partial: bool = False

    @property
    def pairs(self) -> list[tuple[str, Workpaper]]:
        """(program, workpaper) in the order of the index: the company first, then the programs by id."""
        pairs = [(COMPANY, each) for each in self.workpapers if each.runs_for_company and self.with_company]
        return pairs + [
            (program, each) for program in self.programs for each in self.workpapers if each.runs_for_programs
        ]

    def tasks(
        self, outputs: Path, period: str, heading: dict[str, str], timeout: int, heard: Heard = Heard()
    ) -> list[Task]:
        """The executions, longest first. `heading` goes to the documents of notebooks that fail, `heard` to reports."""
        tasks = [
            Task(
                notebook=workpaper.path.resolve(),
                folder=outputs / folder_of(program),
                program=program,
                period=period,
                stem=workpaper.stem,
                timeout=timeout,
                spoken=heard.of(program, workpaper.ref),
                runs_last=workpaper.runs_last,
                heading={**heading, "ref": workpaper.ref, "name": workpaper.name, "title": workpaper.title},
            )
            for program, workpaper in self.pairs
        ]
        return sorted(tasks, key=lambda task: -task.weight)


def folder_of(program: str) -> str:
    """The folder of a program in the outputs: its id, with what a file name can't hold spelled %XX."""
    if program == COMPANY:
        return COMPANY
    escape_first = program in _RESERVED or program[:1] in "._"
    return "".join(
        "".join(f"%{byte:02X}" for byte in character.encode())
        if character in _UNSAFE or not character.isprintable() or (not place and escape_first)
        else character
        for place, character in enumerate(program)
    )


def read_notebooks(folder: Path) -> Notebooks:
    """Every workpaper in a folder. Raises NotebookError with the faults of all notebooks."""
    if not folder.is_dir():
        raise NotebookError(
            "there are no notebooks.",
            [
                Fault(
                    str(folder),
                    "no such folder",
                    "a folder of notebooks",
                    "give --notebooks DIR, or run in the project's folder",
                )
            ],
        )
    found: list[Workpaper] = []
    faults: list[Fault] = []
    notices: list[str] = []
    for path in sorted(folder.glob("*.ipynb")):
        workpaper, wrong = read_workpaper(path)
        faults += wrong
        if workpaper:
            found.append(workpaper)
        elif not wrong:
            notices.append(f"{path.name} has no metadata.close and is not part of the close.")
    faults += _duplicates(found)
    if not found and not faults:
        faults.append(Fault(str(folder), "no notebook with metadata.close", "at least one workpaper"))
    if faults:
        count = "a notebook" if len(faults) == 1 else f"{len(faults)} things in the notebooks"
        raise NotebookError(f"{count} can't be planned.", faults)
    return Notebooks(tuple(sorted(found, key=lambda each: (each.ref, each.name))), tuple(notices))


def _duplicates(workpapers: Iterable[Workpaper]) -> list[Fault]:
    workpapers = list(workpapers)
    twice = [ref for ref, count in Counter(each.ref for each in workpapers).items() if count > 1]
    return [
        Fault(
            ", ".join(each.path.name for each in workpapers if each.ref == ref),
            f"the ref {ref} more than once",
            "a ref of its own for each notebook",
            "give one of them another ref and file name",
        )
        for ref in twice
    ]


def choose(
    notebooks: Notebooks,
    programs: Sequence[str],
    only_programs: Collection[str] = (),
    only_workpapers: Collection[str] = (),
) -> Plan:
    """The plan of a run, narrowed to the programs and workpapers asked for. Raises ParameterError on unknown ones."""
    refs = {key: each for each in notebooks.workpapers for key in (each.ref, each.name, each.stem)}
    faults = [
        _unknown("--program", asked, [COMPANY, *programs], "a program of the books, or _company")
        for asked in only_programs
        if asked != COMPANY and asked not in programs
    ]
    faults += [
        _unknown("--workpaper", asked, refs, "a workpaper of `close list`")
        for asked in only_workpapers
        if asked not in refs
    ]
    if faults:
        raise ParameterError("the run asks for what isn't there.", faults)
    chosen = {refs[asked].ref for asked in only_workpapers}
    plan = Plan(
        workpapers=tuple(each for each in notebooks.workpapers if not chosen or each.ref in chosen),
        programs=tuple(program for program in programs if not only_programs or program in only_programs),
        with_company=not only_programs or COMPANY in only_programs,
        partial=bool(only_programs or only_workpapers),
    )
    if plan.workpapers and not plan.pairs:
        asked_for = ", ".join(f"{each.ref} runs for the {each.scope}" for each in plan.workpapers)
        raise ParameterError(
            "there is nothing to run.",
            [Fault("--program and --workpaper", asked_for, "a workpaper that runs for what --program names",
                   f"--program {COMPANY} for the company, or another --workpaper")],
        )  # fmt: skip
    return plan


def refuse_unknown_files(company: CompanyParameters, programs: Collection[str]) -> None:
    """Refuse a parameters file of a program that the books don't have. Raises ParameterError."""
    faults = [
        _unknown(str(path), program, programs, "a program of the books")
        for program, path in company.programs_with_files.items()
        if program not in programs
    ]
    if faults:
        raise ParameterError("there are parameters of programs that the books don't have.", faults)


def _unknown(where: str, asked: str, known: Iterable[str], expected: str) -> Fault:
    known = list(known)
    nearest = difflib.get_close_matches(asked, known, n=1, cutoff=0.5)
    listed = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
    return Fault(
        where,
        asked or "empty text",
        f"{expected}: {listed}" if known else expected,
        f"did you mean {nearest[0]}?" if nearest else "",
    )
