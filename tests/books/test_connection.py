"""A connection that was opened before a fork: without a thread until it is taken, then as any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from close_library.run.execution.forking.preload import SAFE_TO_FORK
from tests.conftest import PROJECT

_FORKED = """
import json, os
from close_library.books.connection import connect, open_ahead

QUESTION = "SELECT name, value FROM duckdb_settings() WHERE name <> 'temp_directory' ORDER BY name"

def asked(question, **options):
    receive, send = os.pipe()
    if os.fork() == 0:
        connection = connect(**options)
        found = [connection.execute(each).fetchall() for each in question]
        os.write(send, json.dumps([found, connection.execute("SELECT current_setting('temp_directory')").fetchall()]).encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as told:
        return json.loads(told.read())

share = {"threads": 2, "memory_limit": "512MiB"}
fresh = [asked([QUESTION], **share)[0], asked([QUESTION], threads=1)[0], asked([QUESTION])[0]]
open_ahead()
threads = len(os.listdir("/proc/self/task"))
ahead = [asked([QUESTION], **share)[0], asked([QUESTION], threads=1)[0], asked([QUESTION])[0]]
chance = [asked(["SELECT random()", "SELECT CAST(uuid() AS VARCHAR)"]) for _ in range(2)]
work = asked(["SELECT count(*), CAST(sum(divide_exact(range, 3, 2)) AS VARCHAR) FROM range(300000)"], **share)[0]
print(json.dumps([threads, fresh, ahead, chance, work]), flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_a_connection_opened_ahead_is_as_any_other_once_it_is_taken() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FORKED], cwd=PROJECT, env={**os.environ, **SAFE_TO_FORK}, capture_output=True, text=True
    )
    assert done.stdout, done.stderr
    threads, fresh, ahead, chance, work = json.loads(done.stdout.splitlines()[-1])
    assert threads == 1, "a fork would not survive others"
    assert ahead == fresh, "every setting, whatever share it is given"
    (one, folder), (other, another_folder) = chance
    assert one != other and one[0] != other[0] and one[1] != other[1], "chance does not repeat in every process"
    assert folder != another_folder, "each spills to a place of its own"
    assert work == [[[300000, "14999950000.000000000000"]]], "with threads of its own, and our words"
