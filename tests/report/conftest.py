"""What the report tests share: papers in a folder of their own; a browser, and what it objects to, where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from close_library.report import CodeCell
from tests.report import papers
from tests.report.declared_paper import declared
from tests.waiting import PATIENCE

CHROMIUM = Path("/usr/bin/chromium")

CODE = [
    CodeCell(1, 'program = "atlas"\nperiod = "2026-10"', ("parameters",)),
    CodeCell(2, "roll = receivables_roll_forward(wp.scope)  # </script><script>window.INJECTED=1</script>"),
]
NOTHING_SAID: dict[str, Any] = {}

Built = tuple[dict[str, Any], Path | None]
Checked = Callable[[bytes, int], list[str]]
"""What is wrong with a page at a width, a line each."""

BUILDERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "roll-forward": papers.roll_forward,
    "roll-forward in yen": lambda folder: papers.roll_forward(folder, 400, "JPY"),
    "aging": papers.aging,
    "hostile aging": lambda folder: papers.aging(folder, hostile=True),
    "bridge": papers.bridge,
    "bridge with an unexplained cent": lambda folder: papers.bridge(folder, unexplained="0.01"),
    "flux": papers.flux,
    "hostile flux": lambda folder: papers.flux(folder, hostile=True),
    "declared, hostile": declared,
}


def build(name: str, folder: Path) -> Built:
    """The document of a paper, and its rows file."""
    document = BUILDERS[name](folder)
    return document, folder / document["rows"]["file"]


@pytest.fixture(params=BUILDERS)
def paper(request: pytest.FixtureRequest, tmp_path: Path) -> Built:
    """Each believable paper in turn."""
    return build(request.param, tmp_path)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium, without network."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            timeout=PATIENCE * 1000,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield started
        started.close()


def new_page(browser: Any, **options: Any) -> Any:
    """An empty page, whose actions may take long where many tests run."""
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE * 1000)
    return page


@pytest.fixture
def violations(browser: Any, tmp_path: Path) -> Checked:
    """What axe-core objects to on a page; then the same with the first figure's source rows open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

    def check(html: bytes, width: int = 1280) -> list[str]:
        path = tmp_path / "checked.html"
        path.write_bytes(html)
        page = new_page(browser, viewport={"width": width, "height": 900})
        page.goto(path.as_uri())
        found = axe.Axe().run(page).response["violations"]
        buttons = page.locator("main button.opens[data-figure]")
        if buttons.count():
            buttons.first.click()
            found += axe.Axe().run(page).response["violations"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page itself scrolls sideways"
        page.close()
        return [f"{each['id']}: {each['nodes'][0]['target']} {each['nodes'][0]['failureSummary']}" for each in found]

    return check
