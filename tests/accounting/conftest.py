"""What the tests of the procedures share: the sample company, sealed once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from close_library.books import seal
from close_library.parameters import load_parameters
from tests.accounting.truth import SealedSample
from tests.conftest import Once, Sample


@pytest.fixture(scope="session")
def sealed(sample: Sample, once: Once) -> SealedSample:
    """The sample company's books: read them, and copy them before anything is added."""
    parameters = load_parameters(sample.parameters)

    def seal_sample(folder: Path) -> Path:
        seal(folder / "books", parameters.resolve().sources)
        return folder / "books"

    truth = json.loads((sample.tables / "expected.json").read_text(encoding="utf-8"))
    return SealedSample(once("sealed_sample", seal_sample), parameters, truth)
