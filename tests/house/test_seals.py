"""The law that ships is sealed, and a changed file of it is seen."""

import shutil
from pathlib import Path

import pytest

from ltc.store.policy_seals import SEALS, SealMismatch, check_seals, read_seals
from tests.house.sources import ROOT

LAW = ROOT / "ltc/policy"


@pytest.fixture
def copied_law(tmp_path):
    return Path(shutil.copytree(LAW, tmp_path / "policy"))


def test_the_law_is_as_it_was_sealed():
    check_seals(LAW)


def test_every_sealed_file_is_seen_to_change(copied_law):
    sealed = read_seals(copied_law)
    assert len(sealed) > 1
    for name in sealed:
        file = copied_law / name
        before = file.read_bytes()
        file.write_bytes(before + b"\n")
        with pytest.raises(SealMismatch, match=f"{name} was changed"):
            check_seals(copied_law)
        file.write_bytes(before)
    check_seals(copied_law)


def test_a_file_without_seal_is_seen(copied_law):
    (copied_law / "tianjin/2031-01-01.yaml").write_text("area: tianjin\n", encoding="utf-8")
    with pytest.raises(SealMismatch, match=r"2031-01-01\.yaml is not sealed yet"):
        check_seals(copied_law)


def test_a_missing_file_is_seen(copied_law):
    name = next(iter(read_seals(copied_law)))
    (copied_law / name).unlink()
    with pytest.raises(SealMismatch, match=f"{name} is sealed but missing"):
        check_seals(copied_law)


def test_a_house_without_seals_does_not_open(copied_law):
    (copied_law / SEALS).unlink()
    with pytest.raises(SealMismatch):
        check_seals(copied_law)
