import shutil
from datetime import date
from pathlib import Path

import pytest

from ltc.store.policies import LAW_FOLDER, load_law
from ltc.store.policy_seals import SEALS, SealMismatch, SealRefused, check_seals, write_seals

TODAY = date(2023, 6, 1)
FUTURE = "tianjin/2024-01-01.yaml"
IN_USE = "tianjin/2023-01-01.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sealed copy of the installed law, with a policy that begins later."""
    copy = Path(shutil.copytree(LAW_FOLDER, tmp_path / "policy"))
    (copy / SEALS).unlink()
    (copy / FUTURE).write_text("area: tianjin\n", "utf-8")
    write_seals(copy, TODAY)
    return copy


def change(folder: Path, name: str) -> None:
    (folder / name).write_text((folder / name).read_text("utf-8") + "# changed\n", "utf-8")


def test_a_sealed_folder_passes(folder: Path) -> None:
    check_seals(folder)


@pytest.mark.parametrize(
    ("content", "place"), [(b"# a remark\n<<<<<<< ours\n", "SEALS:2"), (b"\xff\xfe", "SEALS: ")]
)
def test_seals_that_are_damaged_stop_the_start_and_are_not_written_over(
    folder: Path, content: bytes, place: str
) -> None:
    (folder / SEALS).write_bytes(content)
    for ask in (load_law, lambda folder: write_seals(folder, TODAY, "so that it works")):
        with pytest.raises(SealMismatch, match=f"{place}.*Put the file back"):
            ask(folder)
    assert (folder / SEALS).read_bytes() == content


def test_sealing_again_changes_nothing(folder: Path) -> None:
    before = (folder / SEALS).read_bytes()
    assert write_seals(folder, TODAY) == ()
    assert (folder / SEALS).read_bytes() == before


def test_the_start_stops_at_a_changed_file(folder: Path) -> None:
    change(folder, IN_USE)
    with pytest.raises(SealMismatch, match=f"{IN_USE} was changed.*\n.*flask law seal"):
        load_law(folder)


def test_a_policy_that_is_still_to_come_may_be_sealed_anew(folder: Path) -> None:
    change(folder, FUTURE)
    assert write_seals(folder, TODAY) == (FUTURE,)
    check_seals(folder)


@pytest.mark.parametrize("name", [IN_USE, "standards.yaml", "instruments/cn-2021.yaml"])
@pytest.mark.parametrize("reason", [None, "", "  "])
def test_what_is_law_already_needs_a_reason(folder: Path, name: str, reason: str | None) -> None:
    change(folder, name)
    before = (folder / SEALS).read_bytes()
    with pytest.raises(SealRefused, match=f"{name} is already law"):
        write_seals(folder, TODAY, reason)
    assert (folder / SEALS).read_bytes() == before


def test_a_policy_is_law_from_its_first_day_on(folder: Path) -> None:
    change(folder, FUTURE)
    assert write_seals(folder, date(2023, 12, 31)) == (FUTURE,)
    change(folder, FUTURE)
    with pytest.raises(SealRefused):
        write_seals(folder, date(2024, 1, 1))


def test_the_reason_stays_in_the_file(folder: Path) -> None:
    change(folder, IN_USE)
    write_seals(folder, TODAY, "the cap was\nmistyped")
    change(folder, "standards.yaml")
    write_seals(folder, TODAY, "a name")
    text = (folder / SEALS).read_text("utf-8")
    assert f"# 2023-06-01: {IN_USE} sealed anew: the cap was mistyped\n" in text
    assert "# 2023-06-01: standards.yaml sealed anew: a name\n" in text
    check_seals(folder)


def test_a_sealed_file_does_not_vanish_without_a_reason(folder: Path) -> None:
    (folder / IN_USE).unlink()
    with pytest.raises(SealRefused, match=IN_USE):
        write_seals(folder, TODAY)


def test_seals_stand_in_the_order_of_the_paths(folder: Path) -> None:
    lines = (folder / SEALS).read_text("utf-8").splitlines()
    names = [line.split("  ")[1] for line in lines if not line.startswith("#")]
    assert names == sorted(names)
    assert IN_USE in names
