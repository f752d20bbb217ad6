"""Pulling the plug on `close explain`, `close sign` and `close binder`: what was said is said or not, never by half.

KILLS says how many random instants are tried of each, KILL_SEED which.
"""

from __future__ import annotations

import json
import os
import random
import sys
from typing import Any

import pytest

from tests.conftest import Tiny
from tests.run.killing import assert_no_parts, carried_out, drawn_anew
from tests.run.test_close import files_of

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="commands are forked to be killed")]

BINDER = "binders/tiny_2026-05.binder.zip"


@pytest.fixture
def chance() -> random.Random:
    seed = int(os.environ.get("KILL_SEED", str(random.randrange(10**6))))
    print(f"KILL_SEED={seed}")
    return random.Random(seed)


def instants() -> range:
    return range(int(os.environ.get("KILLS", "2")))


def instant(chance: random.Random, seconds: float, writes: int) -> dict[str, Any]:
    """When to kill: after some time, or at some write."""
    if chance.random() < 0.5:
        return {"kill_after": chance.uniform(0, seconds)}
    return {"kill_at": chance.randint(1, writes)}


def events(tiny: Tiny) -> list[dict[str, str]]:
    """What the record holds, after its chain was verified."""
    assert tiny.say("history", "--verify").code == 0
    held: list[dict[str, str]] = json.loads(tiny.say("history", "--json").out)["events"]
    return held


def test_what_is_said_is_said_or_not(closed_tiny: Tiny, chance: random.Random) -> None:
    """The record is whole, and the next command brings the reports to what it holds, as drawing them all anew would."""
    tiny = closed_tiny
    commands = {
        "explained": ("explain", "amount_differs:inv-2", "Typed wrong", "-p", "borealis", "--by", "Ana"),
        "prepared": ("sign", "-p", "atlas", "-w", "30", "--as", "preparer", "--by", "Ana"),
        "rejected": (
            "sign",
            "-p",
            "atlas",
            "-w",
            "30",
            "--as",
            "preparer",
            "--by",
            "Ben",
            "--reject",
            "--reason",
            "No",
        ),
    }
    done = [carried_out([*command, *tiny.options(command[0])], below=tiny.outputs) for command in commands.values()]
    seconds, writes = max(each[0] for each in done), max(each[1] for each in done)
    for number in instants():
        before = events(tiny)
        kind, command = chance.choice(list(commands.items()))
        carried_out([*command, *tiny.options(command[0])], below=tiny.outputs, **instant(chance, seconds, writes))
        after = events(tiny)
        assert after[: len(before)] == before
        assert [each["kind"] for each in after[len(before) :]] in ([], [kind])
        assert tiny.say("run", "--workers", "1").code == 0
        assert_no_parts(tiny)
        assert files_of(drawn_anew(tiny, number)) == files_of(tiny.period), (
            f"{kind}: reports show other than the record"
        )


def test_a_binder_is_sealed_or_not(closed_tiny: Tiny, chance: random.Random) -> None:
    """Whatever stands under its name is whole; sealing again gives the same bytes, and removes what was left."""
    tiny = closed_tiny
    temporary = tiny.folder / "t"
    temporary.mkdir()
    places = {"TMPDIR": str(temporary)}
    binder = tiny.outputs / "tiny" / BINDER
    command = ["binder", *tiny.options("binder")]
    seconds, writes = carried_out(command, below=tiny.outputs, environment=places)
    sealed = binder.read_bytes()
    for _ in instants():
        if chance.random() < 0.5:
            binder.unlink()
        carried_out(command, below=tiny.outputs, environment=places, **instant(chance, seconds, writes))
        assert not binder.exists() or binder.read_bytes() == sealed
        carried_out(command, environment=places)
        assert binder.read_bytes() == sealed
        assert_no_parts(tiny)
        assert list(temporary.iterdir()) == []
    assert tiny.close("verify", str(binder), "--seal-only").code == 0
