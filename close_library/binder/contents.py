"""What goes into a binder: the reports and books of the period, and everything that made them."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

from close_library.binder.archive import Content
from close_library.errors import Fault, ReportError
from close_library.run.files.atomic import file_digest, json_bytes
from close_library.run.planning.prepare import Prepared
from close_library.workpaper.inputs import library_digest

PERIOD, NOTEBOOKS, PARAMETERS = "period", "notebooks", "parameters"
EVENTS, ENVIRONMENT, CHANGES, PAGES, README = (
    "record/events.jsonl",
    "environment.json",
    "changes.json",
    "binder.pdf",
    "README.txt",
)

RESOLVED = f"{PERIOD}/books/parameters.json"
"""The parameters as they were in force, which the notebooks read."""

ENDING = ".binder.zip"

NOT_TESTED = (
    "whether a line's amount is its quantity times its price",
    "applications to a draft or void document",
    "whether vendor invoices foot, and vendor lines that name unknown work",
    "a credit memo that is larger than its invoice",
)
"""What an auditor should know that no workpaper tests (ACCOUNTING)."""


_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_PASSWORD = re.compile(rb"""(://[^\s:/@"']*:)[^\s"']+(?=@)|([?&]\w*pass\w*=)[^\s"'&]+""")


def file_name(heading: Mapping[str, Any]) -> str:
    """How the file of a binder is called."""
    return f"{heading['company']}_{heading['period']}{ENDING}"


def period_in_name(name: str, company: str) -> str:
    """The period that a file name of a company's binder says (`file_name`); empty where it is another company's, or no binder."""
    stem, ending = f"{company}_", ENDING
    said = name.removeprefix(stem).removesuffix(ending)
    return said if name == f"{stem}{said}{ending}" and _MONTH.fullmatch(said) else ""


def period_files(period: Path) -> dict[str, Content]:
    """Every file of a period but the record of the run, which the clock wrote.

    Raises ReportError naming files that are not those of the period's manifest: somebody changed them since.
    """
    try:
        manifest = json.loads((period / "manifest.json").read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        raise ReportError(
            "the period is not complete.",
            [
                Fault(
                    str(period / "manifest.json"), "no manifest", "a period that was closed", f"close run {period.name}"
                )
            ],
        ) from None
    wrong = [name for name, digest in manifest.items() if not _is(period / name, digest)]
    if wrong:
        raise ReportError(
            "files of the period are not as they were written.",
            [
                Fault(
                    str(period / name),
                    "another content" if (period / name).exists() else "no file",
                    "the file that was written",
                    f"close run {period.name} --force",
                )
                for name in wrong
            ],
        )
    return {f"{PERIOD}/{name}": period / name for name in [*manifest, "manifest.json"]}


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and file_digest(path) == digest


def sources_of(prepared: Prepared) -> dict[str, Content]:
    """The notebooks and parameters of a run as their files are, but without the password of the record's address."""
    folder = prepared.company.folder
    files = [folder / "company.yaml", *prepared.company.programs_with_files.values()]
    own = folder / "periods" / f"{prepared.period}.yaml"
    return {
        **{f"{NOTEBOOKS}/{each.path.name}": each.path for each in prepared.notebooks.workpapers},
        **{
            f"{PARAMETERS}/{path.relative_to(folder).as_posix()}": without_password(path.read_bytes())
            for path in [*files, *([own] if own.is_file() else [])]
        },
    }


def without_password(parameters: bytes) -> bytes:
    """A parameters file as others may see it: the record's address names its server and database, not how to get in."""
    return _PASSWORD.sub(rb"\1\2***", parameters)


def environment() -> dict[str, Any]:
    """What computed it: the library, Python, and the version of every package beside it."""
    installed: dict[str, str] = {}
    for each in distributions():
        if name := each.metadata["Name"]:
            installed.setdefault(name.lower().replace("_", "-"), each.version)
    return {
        "library": {"version": version("close-workbook"), "sha256": library_digest()},
        "python": platform.python_version(),
        "packages": dict(sorted(installed.items())),
    }


_HOW_SIGNED = """\
HEX is the fingerprint that whoever sealed it gives you, by another way than this file: anybody can make a key.
Without the product, the signature alone, in the unpacked folder:

  base64 -d seal/signature > signature.bin
  openssl pkeyutl -verify -pubin -inkey seal/key.pem -rawin -in seal/manifest.json -sigfile signature.bin

"""
_HOW = """\
Notebooks that are not the product's own are named and not executed, unless you have read them and give
--trust-notebooks. seal/manifest.json holds the sha256 of every file, seal/manifest.sha256 its own.
"""


def environment_bytes(made_with: Mapping[str, Any]) -> bytes:
    """`environment.json`, from what computed it or from a manifest, which says the same."""
    library = {name: made_with["library"][name] for name in ("version", "sha256")}
    packages = dict(sorted(made_with["packages"].items()))
    return json_bytes({"library": library, "python": made_with["python"], "packages": packages})


def readme(heading: Mapping[str, Any], fingerprint: str | None) -> bytes:
    """What a person reads first."""
    signed = f"It is signed by the key {fingerprint}." if fingerprint else "It is not signed: no key was given."
    return f"""\
{heading["company_name"]}, {heading["period"]}: the binder of the close

{signed}

  binder.pdf              cover, lead sheets, what needs attention, every workpaper
  period/index.html       the reports as pages, workbooks, PDF, notebooks and data; open it in a browser
  period/ipe.html         a sheet for each source file: how it was read, whether it is whole, what of it is used
  period/books/           the books as they were sealed, one Parquet file a table
  notebooks/, parameters/ what was executed, and what was set
  record/events.jsonl     who explained, followed up, signed or rejected what, and when
  changes.json            what was set otherwise in the binder before
  environment.json        the library, Python and packages that computed it
  seal/                   the digest of every file, and the signature over them

To check it, and to compute everything again from the books, with the same version of the product and no network:

  close verify {file_name(heading)}{" --fingerprint HEX" if fingerprint else ""}

{_HOW_SIGNED if fingerprint else ""}{_HOW}""".encode()
