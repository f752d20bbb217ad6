"""Three layers of parameters; each value knows its file and line; nothing is re-typed, and every fault is named at once."""

from decimal import Decimal
from pathlib import Path

import pytest

from close_library.errors import ParameterError
from close_library.parameters import COMPANY, load_parameters, read_parameters
from close_library.period import Period

COMPANY_YAML = """\
company: small
functional_currency: USD
first_period: "2026-01"
sources:
  - {system: tables, path: ../inbox}
accounts: {accounts_receivable: ["0120"]}
tolerances: {tie_out: "1.00", match: "0.50"}
"""


def write(folder: Path, **files: str) -> Path:
    """Parameter files in a folder: `company`, `programs_atlas`, `periods_2026_10`."""
    for name, text in files.items():
        kind, _, stem = name.partition("_")
        path = folder / "company.yaml" if name == "company" else folder / kind / f"{stem.replace('_', '-')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path) -> ParameterError:
    with pytest.raises(ParameterError) as error:
        load_parameters(folder)
    return error.value


def test_later_layers_win_key_by_key(tmp_path: Path) -> None:
    """Company, then program, then period; a sibling key stays what the layer below says."""
    loaded = load_parameters(
        write(
            tmp_path,
            company=COMPANY_YAML,
            programs_atlas='tolerances: {tie_out: "2.00"}\nmatch: {days: 9}\n',
            periods_2026_10='tolerances: {tie_out: "3.00"}\n',
        )
    )
    october, september = Period.parse("2026-10"), Period.parse("2026-09")
    tie_outs = {
        (program, str(period)): loaded.resolve(period, program).tolerances.tie_out
        for program in (None, "atlas", "no-file")
        for period in (september, october)
    }
    assert tie_outs == {
        (None, "2026-09"): Decimal("1.00"),
        (None, "2026-10"): Decimal("3.00"),
        ("atlas", "2026-09"): Decimal("2.00"),
        ("atlas", "2026-10"): Decimal("3.00"),
        ("no-file", "2026-09"): Decimal("1.00"),
        ("no-file", "2026-10"): Decimal("3.00"),
    }
    atlas = loaded.resolve(september, "atlas")
    assert (atlas.tolerances.match, atlas.match.days, atlas.accounts.accounts_receivable) == (
        Decimal("0.50"),
        9,
        ("0120",),
    )


def test_each_value_knows_its_file_and_line(tmp_path: Path) -> None:
    loaded = load_parameters(write(tmp_path, company=COMPANY_YAML, programs_atlas='tolerances:\n  tie_out: "2.00"\n'))
    atlas = loaded.to_json(Period.parse("2026-10"), ["atlas"])["scopes"]["atlas"]
    assert atlas["origins"]["tolerances.tie_out"] == "programs/atlas.yaml, line 2"
    assert atlas["origins"]["tolerances.match"] == "company.yaml, line 7"
    assert atlas["origins"]["match.days"] == "default"
    assert atlas["values"]["tolerances"] == {"tie_out": "2.00", "match": "0.50"}


def test_what_the_notebooks_read_is_what_was_resolved(tmp_path: Path) -> None:
    loaded = load_parameters(write(tmp_path, company=COMPANY_YAML, programs_atlas='materiality: {amount: "7.00"}\n'))
    period = Period.parse("2026-10")
    document = loaded.to_json(period, ["atlas"])
    for program in (None, "atlas"):
        read, resolved = read_parameters(document, program or COMPANY), loaded.resolve(period, program)
        assert read.model_dump(exclude={"sources"}) == resolved.model_dump(exclude={"sources"})
    assert "sqlite" not in str(document), "where the record lies may hold a password"


def test_a_source_folder_is_relative_to_its_file(tmp_path: Path) -> None:
    loaded = load_parameters(
        write(tmp_path, company=COMPANY_YAML, periods_2026_10="sources: [{system: tables, path: late}]\n")
    )
    assert loaded.resolve(Period.parse("2026-09")).sources[0].folder == tmp_path / ".." / "inbox"
    assert loaded.resolve(Period.parse("2026-10")).sources[0].folder == tmp_path / "periods" / "late"


FAULTS = {
    "a percentage for an amount": (
        "tolerances: {tie_out: 5%}",
        "line 7, tolerances.tie_out",
        "5%",
        "an amount in quotes",
    ),
    "an amount without quotes": (
        "materiality: {amount: 5000.00}",
        "line 7, materiality.amount",
        "5000.00",
        "an amount in quotes",
    ),
    "a negative tolerance": (
        'tolerances: {match: "-1.00"}',
        "line 7, tolerances.match",
        "-1.00",
        "an amount in quotes",
    ),
    "an account that YAML reads in octal": (
        "accounts: {cash: [0100]}",
        "line 7, accounts.cash.0",
        "0100",
        "text in quotes",
    ),
    "an account without quotes": ("accounts: {cash: [1000]}", "line 7, accounts.cash.0", "1000", "text in quotes"),
    "days in quotes": ('match: {days: "5"}', "line 7, match.days", "5", "a whole number, without quotes"),
    "yes is not true": ("purchase_orders: {required: yes}", "line 7, purchase_orders.required", "yes", "true or false"),
    "another word": (
        "contract_changes: sometimes",
        "line 7, contract_changes",
        "sometimes",
        "'cumulative' or 'prospective'",
    ),
    "a list of an unknown comparison": (
        "flux: {comparisons: [prior_week]}",
        "line 7, flux.comparisons.0",
        "prior_week",
        "'prior_month'",
    ),
    "a group without keys": ("match: 5", "line 7, match", "5", "key: value lines"),
    "a time that is none": ('as_of: "tomorrow"', "line 7, as_of", "tomorrow", "a time in quotes"),
}


@pytest.mark.parametrize(("line", "where", "found", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_a_wrong_value_is_refused_with_its_line(
    tmp_path: Path, line: str, where: str, found: str, expected: str
) -> None:
    base = COMPANY_YAML.replace('tolerances: {tie_out: "1.00", match: "0.50"}\n', "")
    if line.startswith("accounts"):
        base = base.replace('accounts: {accounts_receivable: ["0120"]}\n', "timezone_free: x\n").replace(
            "timezone_free: x\n", "name: x\n"
        )
    [fault] = refusal(write(tmp_path, company=base + line + "\n")).faults
    assert fault.where == f"{tmp_path}/company.yaml, {where}"
    assert fault.found == found
    assert expected in fault.expected


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("materialty: {}", "materiality"),
        ("match: {day: 5}", "days"),
        ("accounts: {acounts_receivable: []}", "accounts_receivable"),
        ("sources: [{system: tables, pth: x}]", "path"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path: Path, line: str, nearest: str) -> None:
    key = line.partition(":")[0]
    kept = "\n".join(
        text for text in COMPANY_YAML.replace("sources:\n  -", "sources: #").splitlines() if not text.startswith(key)
    )
    kept = kept.replace("sources: #", "sources:\n  -")
    faults = refusal(write(tmp_path, company=f"{kept}\n{line}\n")).faults
    assert any(fault.do == f"did you mean {nearest}?" for fault in faults)


def test_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    error = refusal(
        write(
            tmp_path,
            company=COMPANY_YAML + "close: {last_workday: 0}\n",
            programs_atlas="match: {days: -1}\n",
            periods_2026_10="flux: {rule: xor}\n",
        )
    )
    assert [fault.where.removeprefix(str(tmp_path)) for fault in error.faults] == [
        "/company.yaml, line 8, close.last_workday",
        "/programs/atlas.yaml, line 1, match.days",
        "/periods/2026-10.yaml, line 1, flux.rule",
    ]


def test_a_program_cannot_change_what_is_the_company_s(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, company=COMPANY_YAML, programs_atlas="functional_currency: EUR\n"))
    assert "functional_currency in the file of program atlas" in str(error)


def test_a_key_written_twice(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, company=COMPANY_YAML + "match: {days: 3}\nmatch: {days: 5}\n"))
    assert "line 9, match" in str(error)
    assert "first in line 8" in str(error)


@pytest.mark.parametrize(
    ("content", "summary"),
    [
        (b"company: [", "is not YAML"),
        (b"- a\n- b\n", "is not a mapping"),
        (b"company: caf\xe9\n", "is not UTF-8"),
        (b"a: \x07\n", "is not YAML"),
    ],
)
def test_a_file_that_is_no_parameters_file(tmp_path: Path, content: bytes, summary: str) -> None:
    (tmp_path / "company.yaml").write_bytes(content)
    assert summary in str(refusal(tmp_path))


def test_no_company_yaml(tmp_path: Path) -> None:
    assert "there is no company.yaml" in str(refusal(tmp_path / "nowhere"))


def test_a_period_file_that_is_named_after_no_month(tmp_path: Path) -> None:
    assert "periods/october.yaml" in str(
        refusal(write(tmp_path, company=COMPANY_YAML, periods_october="match: {days: 3}\n"))
    )


def test_a_role_without_accounts_says_what_to_write(tmp_path: Path) -> None:
    settings = load_parameters(write(tmp_path, company=COMPANY_YAML)).resolve()
    with pytest.raises(ParameterError) as error:
        settings.accounts.of("revenue")
    assert str(error.value) == (
        "ParameterError: no account plays the role revenue.\n"
        "  where:     company.yaml, accounts.revenue\n"
        "  found:     nothing\n"
        "  expected:  one or more accounts of the ledger\n"
        '  do:        write revenue: ["…"] under accounts:'
    )
