"""The commands about what people say, over a small company: explain, items, sign, status, history."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT, Said, Tiny
from tests.goldens import compare_with_golden
from tests.run.warm import warm_pool
from tests.waiting import PATIENCE

__all__ = ["warm_pool"]

GOLDENS = Path(__file__).parent / "run" / "goldens"
COMMANDS = ["explain", "items", "sign", "history"]
ERRORS = ("amount_differs:inv-2", "tie_out:20.2")
"""What keeps workpaper 20 of borealis from being reviewed."""


def files_of(folder: Path) -> dict[str, str]:
    """Every file of a folder with its digest."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def told(said: Said) -> Any:
    """What a command printed as JSON."""
    assert said.code == 0, said.err
    return json.loads(said.out)


def state_of(tiny: Tiny, program: str, ref: str) -> str:
    """The state of a sign-off, as close status tells it."""
    workpapers = told(tiny.say("status", "--json"))["workpapers"]
    found = next(each for each in workpapers if (each["program"], each["ref"]) == (program, ref))
    return str(found["sign_off"]["state"])


def explain_all(tiny: Tiny, by: str = "Ana") -> None:
    for subject in ERRORS:
        assert tiny.say("explain", subject, "Typed wrong; corrected in June", "-p", "borealis", "--by", by).code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_with_an_example(close: Callable[..., Said], command: str) -> None:
    said = close(command, "--help")
    assert said.code == 0
    assert f"Example: close {command}" in said.out
    assert "--json" in said.out


def test_explain_lists_what_asks_for_an_explanation_once_for_program_and_company(closed_tiny: Tiny) -> None:
    listed = told(closed_tiny.say("explain", "--json"))["subjects"]
    assert [(each["program"], each["ref"], each["subject"], each["amount"], each["state"]) for each in listed] == [
        ("borealis", "20", "tie_out:20.2", "-45.00", "open"),
        ("borealis", "20", "amount_differs:inv-2", "-45.00", "open"),
        ("borealis", "30", "tie_out:30.3", "-45.00", "open"),
    ]
    said = closed_tiny.say("explain").out
    assert "(45.00) USD · not explained" in said
    assert "3 of them keep their workpaper from being reviewed." in said


def test_listing_makes_no_record(closed_tiny: Tiny) -> None:
    for command in ("explain", "items", "status", "history"):
        assert closed_tiny.say(command).code == 0
    assert not list(closed_tiny.outputs.rglob("close.db*"))
    assert "Nobody has said anything yet." in closed_tiny.say("history").out


def test_what_is_said_draws_the_reports_it_touches_and_executes_nothing(closed_tiny: Tiny) -> None:
    before = files_of(closed_tiny.period)
    assert closed_tiny.say("explain", "amount_differs:inv-2", "Typed wrong <b>", "--by", "Ana").code == 0
    after = files_of(closed_tiny.period)
    changed = {file for file in after if before.get(file) != after[file]}
    stem = "20_receivables_to_ledger"
    reports = {f"{program}/{stem}.{kind}" for program in ("_company", "borealis") for kind in ("html", "pdf", "xlsx")}
    assert changed == reports | {"index.html", "index.json", "manifest.json"}
    page = (closed_tiny.period / "borealis" / f"{stem}.html").read_text(encoding="utf-8")
    assert "Typed wrong &lt;b&gt;" in page
    manifest = json.loads((closed_tiny.period / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert manifest == {file: digest for file, digest in after.items() if file not in ("manifest.json", "run.json")}


def test_drawn_again_is_drawn_as_a_run_draws(closed_tiny: Tiny) -> None:
    """A run with the same record gives the bytes that the commands left."""
    explain_all(closed_tiny)
    assert closed_tiny.say("sign", "-p", "borealis", "-w", "20", "--as", "preparer", "--by", "Ana").code == 0
    left = files_of(closed_tiny.period)
    assert closed_tiny.say("run").code == 0
    again = files_of(closed_tiny.period)
    differing = {file for file in left if left[file] != again.get(file)}
    assert differing <= {"run.json", "manifest.json", "books/said_explanations.parquet"}


def test_what_was_killed_between_the_record_and_the_reports_is_drawn_by_the_next(
    closed_tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("close_library.run.speaking.saying.refresh", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        closed_tiny.say("explain", "amount_differs:inv-2", "Typed wrong", "--by", "Ana")
    page = closed_tiny.period / "borealis" / "20_receivables_to_ledger.html"
    assert "Typed wrong" not in page.read_text(encoding="utf-8")
    assert closed_tiny.say("explain", "tie_out:30.3", "The same", "-p", "borealis", "--by", "Ana").code == 0
    assert "Typed wrong" in page.read_text(encoding="utf-8")


def test_items_are_listed_and_assigned(closed_tiny: Tiny) -> None:
    item = "20:document:inv-2"
    [listed] = told(closed_tiny.say("items", "--json"))["items"]
    assert (listed["program"], listed["amount"], listed["first_date"], listed["age_days"], listed["owner"]) == (
        ("borealis", "-45.00", "2026-05-12", 19, "")
    )
    assert closed_tiny.say("items", "--assign", item, "--owner", "Cleo", "--by", "Ana").code == 0
    assert closed_tiny.say("items", "--assign", item, "--action", "ask billing", "--by", "Ana").code == 0
    [listed] = told(closed_tiny.say("items", "--json"))["items"]
    assert (listed["owner"], listed["action"], listed["by"]) == ("Cleo", "ask billing", "Ana")
    page = (closed_tiny.period / "_company" / "20_receivables_to_ledger.html").read_text(encoding="utf-8")
    assert "Cleo" in page, "the company's paper shows who looks after a program's item"


def test_two_people_sign_what_is_explained(closed_tiny: Tiny) -> None:
    explain_all(closed_tiny)
    for role, by in (("preparer", "Ana"), ("reviewer", "Ben")):
        signed = told(closed_tiny.say("sign", "-p", "borealis", "-w", "20", "--as", role, "--by", by, "--json"))
        assert [(each["ref"], each["result"]) for each in signed["workpapers"]] == [("20", "signed")]
    assert state_of(closed_tiny, "borealis", "20") == "reviewed"
    index = json.loads((closed_tiny.period / "index.json").read_text(encoding="utf-8"))
    entry = next(each for each in index["entries"] if (each["program"], each["ref"]) == ("borealis", "20"))
    assert {key: entry["sign_off"][key] for key in ("state", "preparer", "reviewer", "unexplained")} == {
        "state": "reviewed",
        "preparer": "Ana",
        "reviewer": "Ben",
        "unexplained": 0,
    }
    assert "Ben" in (closed_tiny.period / "index.html").read_text(encoding="utf-8")
    shown = closed_tiny.say("status").out
    assert "!2R" in shown and "Sign-offs: 1 reviewed, 5 not signed off." in shown
    again = told(closed_tiny.say("sign", "-p", "borealis", "-w", "20", "--as", "reviewer", "--by", "Ben", "--json"))
    assert again["workpapers"][0]["result"] == "already"
    assert told(closed_tiny.say("history", "--json"))["events"][-1]["seq"] == 4


def test_an_explanation_changed_after_the_review_is_reviewed_anew(closed_tiny: Tiny) -> None:
    explain_all(closed_tiny)
    place = ("-p", "borealis", "-w", "20")
    for role, by in (("preparer", "Ana"), ("reviewer", "Ben")):
        assert closed_tiny.say("sign", *place, "--as", role, "--by", by).code == 0
    assert closed_tiny.say("explain", "amount_differs:inv-2", "It was booked twice", "--by", "Ana").code == 0
    assert state_of(closed_tiny, "borealis", "20") == "lapsed"
    page = (closed_tiny.period / "borealis" / "20_receivables_to_ledger.html").read_text(encoding="utf-8")
    assert "an explanation in it changed since" in page
    assert closed_tiny.say("sign", *place, "--as", "reviewer", "--by", "ana").code == 2
    assert closed_tiny.say("sign", *place, "--as", "reviewer", "--by", "Ben").code == 0
    assert state_of(closed_tiny, "borealis", "20") == "reviewed"


def test_a_sign_off_of_a_document_that_is_gone_has_lapsed(closed_tiny: Tiny) -> None:
    closed_tiny.say("sign", *BOREALIS_20, "--as", "preparer", "--by", "Ana")
    _gone(closed_tiny)
    assert state_of(closed_tiny, "borealis", "20") == "lapsed"


def test_signing_keeps_the_figures_and_items_that_were_signed(closed_tiny: Tiny) -> None:
    explain_all(closed_tiny)
    for role, by in (("preparer", "Ana"), ("reviewer", "Ben")):
        closed_tiny.say("sign", "-p", "borealis", "-w", "20", "--as", role, "--by", by)
    event = told(closed_tiny.say("history", "--json"))["events"][-1]
    document = json.loads((closed_tiny.period / "borealis" / "20_receivables_to_ledger.json").read_text("utf-8"))
    assert event["payload"]["figures"] == {
        id: each["amount"]
        for id, each in document["figures"].items()
        if each["unit"] != "date" and each["amount"] is not None
    }
    assert event["payload"]["items"] == [{"item": "20:document:inv-2", "amount": "-45.00", "first_date": "2026-05-12"}]


def test_those_that_hold_are_signed_and_the_others_named(closed_tiny: Tiny) -> None:
    closed_tiny.say("sign", "--all", "--as", "preparer", "--by", "Ana")
    said = closed_tiny.say("sign", "--all", "--as", "reviewer", "--by", "Ben", "--json")
    assert said.code == 2
    results = {(each["program"], each["ref"]): each["result"] for each in json.loads(said.out)["workpapers"]}
    assert results == {
        ("_company", "20"): "refused",
        ("_company", "30"): "refused",
        ("atlas", "20"): "signed",
        ("atlas", "30"): "signed",
        ("borealis", "20"): "refused",
        ("borealis", "30"): "refused",
    }
    assert json.loads(said.out)["error"]["summary"] == "4 of 6 workpapers can't be signed."


def test_a_sign_off_lapses_with_its_figures_and_the_explanation_goes_stale(closed_tiny: Tiny) -> None:
    explain_all(closed_tiny)
    closed_tiny.say("sign", "--program", "borealis", "--program", "atlas", "--as", "preparer", "--by", "Ana")
    ledger = closed_tiny.tables / "gl_entries.csv"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("205.00", "206.00"), encoding="utf-8")
    assert closed_tiny.say("run").code == 0
    states = {program: state_of(closed_tiny, program, "20") for program in ("atlas", "borealis")}
    assert states == {"atlas": "prepared", "borealis": "lapsed"}
    listed = told(closed_tiny.say("explain", "-w", "20", "-p", "borealis", "--json"))["subjects"]
    assert {(each["subject"], each["amount"], each["state"]) for each in listed} == {
        ("amount_differs:inv-2", "-44.00", "stale"),
        ("tie_out:20.2", "-44.00", "stale"),
    }
    assert closed_tiny.say("explain", "amount_differs:inv-2", "--take-over", "-p", "borealis", "--by", "Ana").code == 0
    [listed] = told(closed_tiny.say("explain", "amount_differs:inv-2", "--take-over", "--by", "Ana", "--json"))[
        "subjects"
    ] or [None]
    assert listed is None, "what is current is not taken over again"


def refused_signing(tiny: Tiny, *arguments: str) -> str:
    said = tiny.say("sign", *arguments)
    assert said.code == 2
    assert "Traceback" not in said.err
    return said.err[said.err.index("Error: ") - len("Record") :]


def _prepared(tiny: Tiny) -> None:
    explain_all(tiny)
    tiny.say("sign", "-p", "borealis", "-w", "20", "--as", "preparer", "--by", "Ana")


def _changed_since(tiny: Tiny) -> None:
    _prepared(tiny)
    ledger = tiny.tables / "gl_entries.csv"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("205.00", "206.00"), encoding="utf-8")
    tiny.say("run")


def _of_older_books(tiny: Tiny) -> None:
    ledger = tiny.tables / "gl_entries.csv"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("205.00", "206.00"), encoding="utf-8")
    tiny.say("run", "--workpaper", "30")


def _gone(tiny: Tiny) -> None:
    for path in (tiny.period / "borealis").glob("20_*"):
        path.unlink()


def _failed(tiny: Tiny) -> None:
    tiny.add_situation("raises_key_error", "45")
    tiny.say("run")


BOREALIS_20 = ("-p", "borealis", "-w", "20")
SIGNINGS: dict[str, tuple[Callable[[Tiny], Any], tuple[str, ...]]] = {
    "a preparer who tries to review": (_prepared, (*BOREALIS_20, "--as", "reviewer", "--by", " ANA ")),
    "a review of what is not prepared": (explain_all, (*BOREALIS_20, "--as", "reviewer", "--by", "Ben")),
    "a review of errors that nobody explained": (
        lambda tiny: tiny.say("sign", *BOREALIS_20, "--as", "preparer", "--by", "Ana"),
        (*BOREALIS_20, "--as", "reviewer", "--by", "Ben"),
    ),
    "a review of what changed since": (_changed_since, (*BOREALIS_20, "--as", "reviewer", "--by", "Ben")),
    "signing what is of older books": (_of_older_books, (*BOREALIS_20, "--as", "preparer", "--by", "Ana")),
    "signing what was not run": (_gone, (*BOREALIS_20, "--as", "preparer", "--by", "Ana")),
    "signing what failed": (_failed, ("-p", "borealis", "-w", "45", "--as", "preparer", "--by", "Ana")),
    "rejecting what nobody signed": (
        lambda tiny: None,
        (*BOREALIS_20, "--by", "Ben", "--reject", "--reason", "the bank says otherwise"),
    ),
}


@pytest.mark.parametrize(("before", "arguments"), SIGNINGS.values(), ids=SIGNINGS)
def test_a_refused_signing_says_why(
    closed_tiny: Tiny, before: Callable[[Tiny], Any], arguments: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    before(closed_tiny)
    name = next(name for name, case in SIGNINGS.items() if case == (before, arguments))
    compare_with_golden(GOLDENS, name, refused_signing(closed_tiny, *arguments))
    assert "reviewed" not in [each["kind"] for each in told(closed_tiny.say("history", "--json"))["events"]]


USAGE: dict[str, tuple[str, ...]] = {
    "signing as nothing": ("sign", "--all", "--by", "Ana"),
    "signing without a workpaper": ("sign", "--as", "preparer", "--by", "Ana"),
    "a rejection without a reason": ("sign", "--all", "--as", "reviewer", "--reject", "--by", "Ben"),
    "an explanation without a text": ("explain", "tie_out:20.2"),
    "an unknown subject": ("explain", "tie_out:20.9", "why", "--by", "Ana"),
    "an unknown item": ("items", "--assign", "20:document:inv-3", "--owner", "Cleo", "--by", "Ana"),
    "an owner without an item": ("items", "--owner", "Cleo"),
    "nobody who speaks": ("explain", "amount_differs:inv-2", "why", "--by", "  "),
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_what_can_t_be_said_gets_a_message(closed_tiny: Tiny, arguments: tuple[str, ...]) -> None:
    said = closed_tiny.say(*arguments)
    assert (said.code, said.out) == (2, "")
    name = next(name for name, words in USAGE.items() if words == arguments)
    compare_with_golden(GOLDENS, name, said.err)


def test_a_period_that_was_never_closed_has_nothing_to_speak_about(tiny: Tiny) -> None:
    for command in (["explain"], ["items"], ["sign", "--all", "--as", "preparer", "--by", "Ana"]):
        said = tiny.say(*command)
        assert said.code == 2
        assert "do:        run it first: close run" in said.err
    assert not list(tiny.outputs.rglob("close.db"))


def test_a_run_of_the_period_keeps_others_from_speaking(closed_tiny: Tiny) -> None:
    from close_library.run.files.lock import locked

    with locked(closed_tiny.outputs / "tiny" / ".run", "tiny", "2026-05"):
        said = closed_tiny.say("explain", "amount_differs:inv-2", "why", "--by", "Ana", "--wait", "0")
    assert said.code == 2
    assert "another run is closing tiny 2026-05" in said.err


def test_two_reviewers_at_once_give_one_review(closed_tiny: Tiny) -> None:
    _prepared(closed_tiny)
    options = ["--parameters", str(closed_tiny.parameters), "--outputs", str(closed_tiny.outputs)]
    command = [sys.executable, "-m", "close_library", "sign", *BOREALIS_20, "--as", "reviewer", "--wait", str(PATIENCE)]
    notebooks = ["--notebooks", str(closed_tiny.notebooks)]
    both = [
        subprocess.Popen([*command, *options, *notebooks, "--by", by], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        for by in ("Ben", "Cleo")
    ]
    outs = [each.communicate(timeout=PATIENCE)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert sorted("signed already" in out for out in outs) == [False, True], outs
    kinds = [each["kind"] for each in told(closed_tiny.say("history", "--json"))["events"]]
    assert kinds.count("reviewed") == 1
    assert "4 events, each as it was written." in closed_tiny.say("history", "--verify").out


def test_a_changed_event_is_named(closed_tiny: Tiny) -> None:
    explain_all(closed_tiny)
    with sqlite3.connect(closed_tiny.outputs / "tiny" / "close.db") as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE events SET payload = replace(payload, 'Typed', 'typed') WHERE seq = 1")
    said = closed_tiny.say("history", "--verify")
    assert said.code == 2
    assert "event 1" in said.err


def test_a_byte_of_the_record_that_was_changed_is_said_by_a_status_and_a_run(closed_tiny: Tiny) -> None:
    """Openings and explanations come from the record, so nobody should rely on them without a word."""
    explain_all(closed_tiny)
    doubt = "The record is not as it was written: event "
    assert doubt not in closed_tiny.say("status").out + closed_tiny.say("run").err
    path = closed_tiny.outputs / "tiny" / "close.db"
    changed = path.read_bytes().replace(b"Typed", b"typed", 1)
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    assert doubt in closed_tiny.say("status").out
    assert told(closed_tiny.say("status", "--json"))["record"].startswith(doubt)
    run = closed_tiny.say("run")
    assert (run.code, doubt in run.out + run.err) == (0, True)


@pytest.mark.parametrize("gone", ["the last event", "the whole record"])
def test_a_record_that_was_cut_off_is_found_out_by_the_heads_that_were_kept(closed_tiny: Tiny, gone: str) -> None:
    explain_all(closed_tiny)
    path = closed_tiny.outputs / "tiny" / "close.db"
    if gone == "the whole record":
        path.unlink()
    else:
        with sqlite3.connect(path) as database:
            for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {trigger}")
            database.execute("DELETE FROM events WHERE seq = 2")
    said = closed_tiny.say("history", "--verify")
    assert said.code == 2
    assert "2" in said.err
    assert "RecordError: the record is not as it was written." in said.err
    assert "The record is not as it was written" in closed_tiny.say("status").out


def test_history_tells_who_said_what(closed_tiny: Tiny) -> None:
    explain_all(closed_tiny)
    shown = closed_tiny.say("history", "2026-05", "-p", "borealis").out
    assert "explained amount_differs:inv-2 (-45.00): Typed wrong; corrected in June" in shown
    assert "Ana  ·  2026-05 borealis 20" in shown
    assert "Nobody has said anything yet." in closed_tiny.say("history", "2026-04").out
