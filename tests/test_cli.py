"""The commands, their exit codes, and what they say to bad input: never a traceback, nothing half-written."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Said, Tiny

COMMANDS = ["run", "check", "list", "status", "sample"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_with_an_example(close: Callable[..., Said], command: str) -> None:
    said = close(command, "--help")
    assert said.code == 0
    assert f"Example: close {command}" in said.out


def test_the_help_names_every_command(close: Callable[..., Said]) -> None:
    said = close("--help")
    assert said.code == 0
    assert all(command in said.out for command in COMMANDS)


def replace(file: str, old: str, new: str) -> Callable[[Tiny], None]:
    """Bad input: a text in a file of the company that is replaced by another."""

    def spoil(tiny: Tiny) -> None:
        path = tiny.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def remove(file: str) -> Callable[[Tiny], None]:
    """Bad input: a file or folder that is gone."""
    return lambda tiny: (tiny.folder / file).rename(tiny.folder / "gone")


def put(file: str, content: bytes) -> Callable[[Tiny], None]:
    """Bad input: a file with other bytes."""

    def spoil(tiny: Tiny) -> None:
        path = tiny.folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    return spoil


def situation(name: str) -> Callable[[Tiny], None]:
    """Bad input: one of the small notebooks."""
    return lambda tiny: tiny.add_situation(name, "45")


def duplicate_ref(tiny: Tiny) -> None:
    text = (tiny.notebooks / "30_receivables_roll_forward.ipynb").read_text(encoding="utf-8")
    renamed = text.replace('"name": "receivables_roll_forward"', '"name": "again"')
    (tiny.notebooks / "30_again.ipynb").write_text(renamed, encoding="utf-8")


def truncate(tiny: Tiny) -> None:
    path = tiny.tables / "gl_entries.csv"
    (tiny.tables / "gl_entries.csv.gz").write_bytes(gzip.compress(path.read_bytes())[:-12])
    path.unlink()


BAD_INPUT: list[tuple[str, Callable[[Tiny], None], str, list[str]]] = [
    ("no parameters folder", remove("parameters"), "ParameterError", ["no folder", "--parameters DIR"]),
    ("no company.yaml", remove("parameters/company.yaml"), "ParameterError", ["no company.yaml", "no such file"]),
    (
        "a misspelled parameter",
        replace("parameters/company.yaml", "name:", "nmae:"),
        "ParameterError",
        ["line 2", "nmae"],
    ),
    (
        "an account that is a number",
        replace("parameters/company.yaml", '["1200"]', "[1200]"),
        "ParameterError",
        ["line 8", "1200"],
    ),
    (
        "parameters of an unknown program",
        put("parameters/programs/atlsa.yaml", b""),
        "ParameterError",
        ["did you mean atlas?"],
    ),
    ("no source folder", remove("tables"), "SourceError", ["no such folder", "../tables"]),
    (
        "an unknown system",
        replace("parameters/company.yaml", "system: tables", "system: tabels"),
        "SourceError",
        ["tabels", "tables"],
    ),
    (
        "a wrong header",
        replace("tables/invoices.csv", "total_amount", "totl_amount"),
        "SourceError",
        ["invoices.csv", "total_amount"],
    ),
    (
        "a word in a money column",
        replace("tables/invoices.csv", "250.00", "many"),
        "SourceError",
        ["invoices.csv, line 3, total_amount", "many"],
    ),
    (
        "a foreign decimal",
        replace("tables/gl_entries.csv", "250.00", '"1.234,56"'),
        "SourceError",
        ["gl_entries.csv, line 3, amount", "1.234,56"],
    ),
    (
        "an impossible date",
        replace("tables/invoices.csv", "2026-05-12", "2026-02-30"),
        "SourceError",
        ["invoices.csv, line 3, invoice_date", "2026-02-30"],
    ),
    (
        "a broken encoding",
        put("tables/customers.csv", b"customer_id,customer_name,currency\nacme,M\xfcller,USD\n"),
        "SourceError",
        ["customers.csv"],
    ),
    ("a truncated gzip", truncate, "SourceError", ["gl_entries.csv.gz"]),
    (
        "bytes that are no text",
        put("tables/programs.csv", b"\x00\x01\x02"),
        "SourceError",
        ["programs.csv"],
    ),
    ("no notebooks folder", remove("notebooks"), "NotebookError", ["no such folder", "--notebooks DIR"]),
    ("a broken notebook", put("notebooks/45_x.ipynb", b"{"), "NotebookError", ["45_x.ipynb", "not JSON"]),
    (
        "a notebook with a misspelled parameter",
        situation("misspelled_parameter"),
        "NotebookError",
        ["did you mean period?"],
    ),
    ("a notebook without parameters", situation("no_parameters"), "NotebookError", ["no cell tagged parameters"]),
    ("a notebook of an unknown table", situation("unknown_table"), "NotebookError", ["did you mean invoices?"]),
    ("two notebooks of one ref", duplicate_ref, "NotebookError", ["30_again.ipynb", "the ref 30 more than once"]),
    (
        "a first period after all data",
        replace("parameters/company.yaml", "2026-04", "2026-09"),
        "ParameterError",
        ["2026-05", "first_period"],
    ),
]


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    ("spoil", "kind", "words"), [case[1:] for case in BAD_INPUT], ids=[case[0] for case in BAD_INPUT]
)
def test_bad_input_gets_a_message_and_exit_code_2_and_nothing_is_written(
    tiny: Tiny, command: str, spoil: Callable[[Tiny], None], kind: str, words: list[str]
) -> None:
    spoil(tiny)
    said = tiny.say(command)
    assert said.code == 2, said
    message = said.err[said.err.index(kind) :]
    for word in ["where:", "found:", "expected:", *words]:
        assert word in message, message
    assert "Traceback" not in said.err + said.out
    assert not tiny.period.exists()


UNKNOWN = [
    (["2026-13"], "a year and a month"),
    (["October"], "a year and a month"),
    (["2026-03"], "from 2026-04 (first_period) to 2026-05"),
    (["2026-06"], "from 2026-04 (first_period) to 2026-05"),
    (["--program", "atals"], "did you mean atlas?"),
    (["--workpaper", "31"], "did you mean 30?"),
    (["--program", ""], "empty text"),
]


@pytest.mark.parametrize(("arguments", "says"), UNKNOWN, ids=[" ".join(arguments) for arguments, _ in UNKNOWN])
def test_an_unknown_period_program_or_workpaper_is_refused(tiny: Tiny, arguments: list[str], says: str) -> None:
    said = tiny.say("run", *arguments)
    assert said.code == 2
    assert says in said.err
    assert not tiny.outputs.exists()


def test_an_output_folder_that_is_a_file_is_refused(tiny: Tiny) -> None:
    tiny.outputs.write_text("not a folder")
    said = tiny.say("run")
    assert said.code == 2
    assert "ReportError: the outputs can't be written." in said.err
    assert tiny.outputs.read_text() == "not a folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_output_folder_is_refused(tiny: Tiny) -> None:
    tiny.outputs.mkdir()
    tiny.outputs.chmod(0o555)
    said = tiny.say("run")
    assert said.code == 2
    assert "permission denied" in said.err


def test_a_usage_error_is_exit_code_2(close: Callable[..., Said]) -> None:
    said = close("run", "--frobnicate")
    assert said.code == 2
    assert "--frobnicate" in said.err


def test_a_bug_of_ours_is_one_line_and_a_file(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*arguments: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("close_library.run.planning.prepare.glance", burst)
    said = tiny.say("list")
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "This is a bug of ours: ZeroDivisionError: ours" in said.err
    log = Path(said.err.split("The traceback is in ")[1].strip())
    assert "in burst" in log.read_text()
    log.unlink()


def test_an_error_with_json_is_one_object_on_stdout(tiny: Tiny) -> None:
    said = tiny.say("run", "2026-09", "--json")
    assert said.code == 2
    error = json.loads(said.out)["error"]
    assert error["error"] == "ParameterError"
    assert error["faults"][0]["found"] == "2026-09"


def test_list_shows_the_plan(tiny: Tiny) -> None:
    said = tiny.say("list", "--program", "atlas")
    assert said.code == 0
    assert "1 notebook to execute: 1 workpaper, 1 program (atlas)." in said.out
    plan = json.loads(tiny.say("list", "--json").out)
    assert [each["program"] for each in plan["executions"]] == ["_company", "atlas", "borealis"]
    assert plan["period"] == "2026-05"
    assert not tiny.outputs.exists()


def test_check_shows_the_files_and_writes_nothing(tiny: Tiny) -> None:
    said = tiny.say("check")
    assert said.code == 0
    assert "350.00" in said.out
    assert "1 workpaper can be closed" in said.out
    files = json.loads(tiny.say("check", "--json").out)["files"]
    assert {"invoices", "gl_entries"} < {each["table"] for each in files}
    assert not tiny.outputs.exists()


def test_status_before_a_run_says_that_nothing_was_run(tiny: Tiny) -> None:
    assert json.loads(tiny.say("status", "--json").out)["statuses"] == {"not_run": 3}
    assert "3 not run" in tiny.say("status").out


def test_sample_writes_the_same_bytes_for_the_same_seed(close: Callable[..., Said], tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert close("sample", str(tmp_path / name), "--seed", "7", "--scale", "0.1").code == 0
    one = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert one == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert "invoices.csv" in one


@pytest.mark.parametrize("scale", ["0", "-1", "much", "NaN", "Infinity"])
def test_a_scale_that_is_no_number_is_refused(close: Callable[..., Said], tmp_path: Path, scale: str) -> None:
    said = close("sample", str(tmp_path / "x"), "--scale", scale)
    assert said.code == 2
    assert "a number above zero" in said.err
    assert not (tmp_path / "x").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("status",), ("status", "--json"), ("--help",), ("verify", "none.zip")], ids=" ".join
)
def test_a_terminal_that_knows_only_ascii_gets_an_answer(arguments: tuple[str, ...], tiny: Tiny) -> None:
    """LC_ALL=C without UTF-8 mode, as on an auditor's server: signs that it can't show have plain ones."""
    company = tiny.parameters / "company.yaml"
    company.write_text(company.read_text("utf-8").replace("Tiny, Inc.", "Straße ✓ Inc."), encoding="utf-8")
    options = tiny.options("status") if arguments[0] == "status" else []
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
    }
    done = subprocess.run(
        [sys.executable, "-m", "close_library", *arguments, *options], capture_output=True, env=environment
    )
    assert done.returncode == (2 if arguments[0] == "verify" else 0), done.stderr.decode()
    assert b"bug of ours" not in done.stderr
    if arguments == ("status",):
        assert b"Stra?e + Inc. - 2026-05" in done.stdout
    if "--json" in arguments:
        json.loads(done.stdout)
