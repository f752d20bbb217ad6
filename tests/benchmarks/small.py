"""One small notebook, and the same work as a plain function; `python -m tests.benchmarks.small` forks it on request.

Seven code cells, five glued values, a chart: what an analyst's notebook looks like, and small enough that starting,
talking to and ending a kernel is most of what stock papermill does.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import nbformat

_CELLS = (
    """
from decimal import Decimal
import duckdb
import pandas as pd
import scrapbook
""",
    """
rows = duckdb.connect().sql('''
    SELECT range % 12 AS month, 'customer ' || (range % 40) AS customer, CAST(range % 997 AS DECIMAL(18, 2)) AS amount
    FROM range(20000)
''').to_arrow_table().to_pandas(types_mapper=pd.ArrowDtype)
""",
    """
by_month = rows.groupby("month").amount.sum()
by_month
""",
    """
pivot = rows.pivot_table(index="customer", columns="month", values="amount", aggfunc="sum")
pivot.head()
""",
    """
scrapbook.glue("total", str(rows.amount.sum()))
scrapbook.glue("months", len(by_month))
""",
    """
scrapbook.glue("customers", len(pivot))
scrapbook.glue("largest", str(by_month.max()))
scrapbook.glue("program", program)
""",
    """
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(5, 3))
axes.bar(range(12), [float(amount) for amount in by_month])
plt.show()
""",
)


def write_small_notebook(path: Path) -> None:
    """The notebook, with the parameters that every workpaper has."""
    parameters = nbformat.v4.new_code_cell('program = ""\nperiod = ""\nbooks = ""')
    parameters.metadata["tags"] = ["parameters"]
    cells = [parameters, *(nbformat.v4.new_code_cell(source.strip()) for source in _CELLS)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path.write_text(nbformat.writes(notebook), encoding="utf-8")


def small_work(program: str) -> dict[str, object]:
    """What the notebook does, without a notebook: the same rows, sums, texts and picture."""
    import duckdb
    import matplotlib.pyplot as plt
    import pandas as pd

    rows = (
        duckdb.connect()
        .sql(
            """
            SELECT range % 12 AS month, 'customer ' || (range % 40) AS customer,
                   CAST(range % 997 AS DECIMAL(18, 2)) AS amount
            FROM range(20000)
            """
        )
        .to_arrow_table()
        .to_pandas(types_mapper=pd.ArrowDtype)
    )
    by_month = rows.groupby("month").amount.sum()
    pivot = rows.pivot_table(index="customer", columns="month", values="amount", aggfunc="sum")
    figure, axes = plt.subplots(figsize=(5, 3))
    axes.bar(range(12), [float(amount) for amount in by_month])
    picture = io.BytesIO()
    figure.savefig(picture, format="png", bbox_inches="tight")
    return {
        "total": str(rows.amount.sum()),
        "months": len(by_month),
        "customers": len(pivot),
        "largest": str(by_month.max()),
        "program": program,
        "shown": [str(by_month), pivot.head().to_html(), str(pivot.head())],
        "picture": picture.getvalue(),
    }


def serve() -> None:
    """For each line of standard input, do the work in a forked process and say so when it has ended."""
    from close_library.run.execution.forking.preload import EXTRAS, preload

    preload(EXTRAS)
    print("ready", flush=True)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            os.environ["MPLBACKEND"] = "agg"
            assert small_work(line.strip())["customers"] == 40
            os._exit(0)
        print(os.waitpid(process, 0)[1], flush=True)


if __name__ == "__main__":
    serve()
