"""A workpaper's notebook before it runs: its declaration in `metadata.close`, its parameters cell, its prose.

papermill only warns when a parameter is misspelled or its cell is missing, and then runs for the default
period: here both are refused before anything runs.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from close_library.errors import Fault
from close_library.tables import SAID, TABLES

PARAMETERS = ("program", "period", "books")
SCOPES = ("program", "company", "both")
FORMATS = ("pptx", "docx")
"""What a notebook may ask for beside its page and its workbook."""
SECTIONS = {
    "Purpose": "purpose",
    "Sources": "sources",
    "Procedure": "procedure",
    "Tie-outs": "tie_outs",
    "Findings": "findings",
    "Conclusion": "conclusion",
}
"""The six headings of a workpaper and their names in the document."""

_HEADING = re.compile(r"^##\s+(.+?)\s*$")


@dataclass(frozen=True)
class Workpaper:
    """One notebook that can be planned: what it is called, for whom it runs, which tables it reads."""

    path: Path
    ref: str
    name: str
    title: str
    scope: str
    tables: tuple[str, ...]
    optional_tables: tuple[str, ...]
    sha256: str
    sections: dict[str, str] = field(hash=False)

    @property
    def stem(self) -> str:
        """The name of its files: `20_receivables_to_ledger`."""
        return f"{self.ref}_{self.name}"

    @property
    def runs_for_company(self) -> bool:
        """Whether it runs once over all programs."""
        return self.scope in ("company", "both")

    @property
    def runs_for_programs(self) -> bool:
        """Whether it runs once a program."""
        return self.scope in ("program", "both")

    @property
    def runs_last(self) -> bool:
        """Whether it runs after all others, because it reads what they found."""
        return "findings" in (*self.tables, *self.optional_tables)

    def as_data(self) -> dict[str, Any]:
        """What `books/workpapers.json` says of it: kernels read their declaration there."""
        return {
            "ref": self.ref,
            "name": self.name,
            "title": self.title,
            "scope": self.scope,
            "tables": list(self.tables),
            "optional_tables": list(self.optional_tables),
            "sha256": self.sha256,
            "sections": self.sections,
        }


def read_workpaper(path: Path) -> tuple[Workpaper | None, list[Fault]]:
    """The workpaper that a notebook declares, or its faults; neither when it declares none."""
    content, faults = _read_json(path)
    if faults:
        return None, faults
    metadata = content.get("metadata")
    declared = metadata.get("close") if isinstance(metadata, dict) else None
    if declared is None:
        return None, []
    faults = [*_declaration_faults(path, declared), *_parameter_faults(path, content["cells"])]
    if faults:
        return None, faults
    workpaper = Workpaper(
        path=path,
        ref=declared["ref"],
        name=declared["name"],
        title=declared["title"],
        scope=declared["scope"],
        tables=tuple(declared["tables"]),
        optional_tables=tuple(declared["optional_tables"]),
        sha256=source_digest(content),
        sections=sections_of(content["cells"]),
    )
    if path.stem != workpaper.stem:
        return None, [
            Fault(
                str(path),
                path.name,
                f"{workpaper.stem}.ipynb, as its metadata.close says",
                "rename the file, or mend ref and name",
            )
        ]
    return workpaper, []


def source_of(cell: dict[str, Any]) -> str:
    """A cell's text, whether the file holds it as text or as a list of lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def source_digest(content: dict[str, Any]) -> str:
    """The sha256 of what a person wrote: the declaration and the cells' kinds, tags and text, not their outputs."""
    cells = [
        [cell["cell_type"], cell.get("metadata", {}).get("tags", []), source_of(cell)] for cell in content["cells"]
    ]
    written = json.dumps([content["metadata"].get("close"), cells], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


def sections_of(cells: list[dict[str, Any]]) -> dict[str, str]:
    """The markdown below each of the six headings, without the heading."""
    sections: dict[str, list[str]] = {}
    current: str | None = None
    for cell in cells:
        if cell["cell_type"] != "markdown":
            continue
        for line in [*source_of(cell).splitlines(), ""]:
            heading = _HEADING.match(line)
            if heading:
                current = SECTIONS.get(heading[1])
            elif current is not None:
                sections.setdefault(current, []).append(line)
    return {name: text for name, lines in sections.items() if (text := "\n".join(lines).strip())}


def _read_json(path: Path) -> tuple[dict[str, Any], list[Fault]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return {}, [Fault(str(path), error.strerror or str(error), "a notebook that can be read")]
    except UnicodeDecodeError:
        return {}, [Fault(str(path), "bytes that are not UTF-8", "a Jupyter notebook", "save it again in JupyterLab")]
    except (json.JSONDecodeError, RecursionError) as error:
        place = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        return {}, [
            Fault(f"{path}{place}", "text that is not JSON", "a Jupyter notebook", "save it again in JupyterLab")
        ]
    cells = content.get("cells") if isinstance(content, dict) else None
    known = (
        isinstance(cells, list)
        and content.get("nbformat") == 4
        and all(
            isinstance(cell, dict)
            and isinstance(cell.get("cell_type"), str)
            and isinstance(cell.get("metadata", {}), dict)
            for cell in cells
        )
    )
    if not known:
        return {}, [
            Fault(
                str(path),
                "JSON that is not a notebook of format 4",
                "a Jupyter notebook",
                "save it again in JupyterLab",
            )
        ]
    return content, []


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_KEYS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "ref": (
        lambda value: isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z]+", value) is not None,
        'digits or letters in quotes, such as "20"',
    ),
    "name": (
        lambda value: isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z_-]+", value) is not None,
        'letters, digits and _, such as "receivables_to_ledger"',
    ),
    "title": (lambda value: isinstance(value, str) and bool(value.strip()), "the title of the workpaper, as text"),
    "scope": (lambda value: value in SCOPES, '"program", "company" or "both"'),
    "tables": (_is_names, 'a list of tables, such as ["invoices"]'),
    "optional_tables": (_is_names, 'a list of tables, such as ["fx_rates"], or []'),
}


def _declaration_faults(path: Path, declared: Any) -> Iterator[Fault]:
    if not isinstance(declared, dict):
        yield Fault(f"{path}, metadata.close", json.dumps(declared), "an object with " + ", ".join(_KEYS))
        return
    asked = declared.get("formats", [])
    if not (_is_names(asked) and set(asked) <= set(FORMATS)):
        yield Fault(
            f"{path}, metadata.close.formats", json.dumps(asked), f"a list of {' and '.join(FORMATS)}, or nothing"
        )
    for key, (fits, expected) in _KEYS.items():
        where = f"{path}, metadata.close.{key}"
        if key not in declared:
            yield Fault(where, "nothing", expected, f"add {key} to metadata.close")
        elif not fits(declared[key]):
            yield Fault(where, json.dumps(declared[key], ensure_ascii=False), expected)
        elif key.endswith("tables"):
            for table in declared[key]:
                if table not in TABLES and table not in SAID:
                    nearest = difflib.get_close_matches(table, [*TABLES, *SAID], n=1)
                    yield Fault(
                        where,
                        f"the unknown table {table}",
                        "a table of the books",
                        f"did you mean {nearest[0]}?" if nearest else "see TABLES in close_library.tables",
                    )


def _parameter_faults(path: Path, cells: list[dict[str, Any]]) -> Iterator[Fault]:
    expected = 'one code cell tagged "parameters" that says program = "", period = "" and books = ""'
    tagged = [
        number for number, cell in enumerate(cells, 1) if "parameters" in cell.get("metadata", {}).get("tags", [])
    ]
    if len(tagged) != 1:
        found = f"cells {', '.join(map(str, tagged))} tagged parameters" if tagged else "no cell tagged parameters"
        yield Fault(str(path), found, expected, "tag exactly one cell")
        return
    where, cell = f"{path}, cell {tagged[0]}", cells[tagged[0] - 1]
    if cell["cell_type"] != "code":
        yield Fault(where, f"a {cell['cell_type']} cell", expected)
        return
    try:
        statements = ast.parse(source_of(cell)).body
    except SyntaxError:
        yield Fault(where, "text that is not Python", expected)
        return
    yield from _statement_faults(where, statements, expected)


def _statement_faults(where: str, statements: list[ast.stmt], expected: str) -> Iterator[Fault]:
    declared: list[str] = []
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value="")) if name in PARAMETERS:
                declared.append(name)
            case ast.Assign(targets=[ast.Name(id=name)]) if name not in PARAMETERS:
                nearest = difflib.get_close_matches(name, PARAMETERS, n=1)
                yield Fault(
                    f"{where}, line {statement.lineno}",
                    f"the unknown parameter {name}",
                    expected,
                    f"did you mean {nearest[0]}?" if nearest else f"move {name} to another cell",
                )
            case _:
                yield Fault(
                    f"{where}, line {statement.lineno}",
                    ast.unparse(statement),
                    expected,
                    "leave each of the three empty: the run fills it in",
                )
    for name in PARAMETERS:
        if declared.count(name) != 1:
            found = f"no parameter {name}" if name not in declared else f"the parameter {name} twice"
            yield Fault(where, found, expected, f'say {name} = "" once')
