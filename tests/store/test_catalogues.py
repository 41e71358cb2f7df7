from collections import Counter
from pathlib import Path

import pytest

from ltc.rules.catalogues import ServiceUnknown
from ltc.rules.policies import Standing
from ltc.store.catalogues import CATALOGUES, CatalogueUnknown, get_catalogue, load_catalogue
from ltc.store.yaml_reader import LawFileError

NURSE_ONLY = {
    "人工取便术", "留置尿管的护理", "人工肛门便袋护理", "鼻饲", "吸氧", "灌肠", "导尿（女性）",
    "压疮伤口换药", "静脉血标本采集", "肌肉注射", "皮下注射", "造口护理",
    "经外周静脉置入中心静脉导管（PICC）维护",
}  # fmt: skip


def test_shanghai_has_27_daily_and_15_medical_services() -> None:
    services = get_catalogue().services
    counts = Counter(service.component for service in services)
    assert counts == {"daily_care": 27, "medical_care": 15}
    assert len({service.code for service in services}) == 42
    assert len({service.name.zh for service in services}) == 42


def test_no_national_code_is_made_up() -> None:
    assert {service.national_code for service in get_catalogue().services} == {None}


def test_nurses_alone_do_what_the_field_leaves_to_them() -> None:
    services = get_catalogue().services
    assert {service.name.zh for service in services if service.nurse_only} == NURSE_ONLY


@pytest.mark.parametrize(
    ("name", "minutes"),
    [("头面部清洁、梳理", 10), ("洗发", 20), ("温水擦浴", 30), ("血糖监测", 10), ("沐浴", None)],
)
def test_minutes_are_planning_values_or_not_given(name: str, minutes: int | None) -> None:
    service = next(entry for entry in get_catalogue().services if entry.name.zh == name)
    assert service.minutes == minutes


def test_the_date_of_the_list_is_assumed_and_says_so() -> None:
    dated = get_catalogue().dated
    assert dated.standing is Standing.ASSUMED
    assert dated.note is not None


def test_a_visit_adds_up_its_items() -> None:
    catalogue = get_catalogue()
    assert catalogue.planned_minutes(["D01", "D02", "D06"]) == 30
    assert catalogue.needs_nurse(["D01", "M02"])
    assert not catalogue.needs_nurse(["D01", "D02"])


def test_unknown_codes_are_named() -> None:
    with pytest.raises(ServiceUnknown, match=r"shanghai-42.*“X99”"):
        get_catalogue().planned_minutes(["X99"])
    with pytest.raises(CatalogueUnknown, match=r"“\.\./standards”.*shanghai-42"):
        get_catalogue("../standards")


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("minutes: 10", "minutes: -10", "items[0].minutes", "negative"),
        ("minutes: 10", "minutes: ten", "items[0].minutes", "whole number"),
        (", minutes: 10", "", "items[0].minutes", "is missing"),
        (", national_code: null", "", "items[0].national_code", "is missing"),
        ("code: D02", "code: D01", "items[1].code", "stands twice"),
        ("component: daily_care", "component: other", "items[0].component", "not known"),
        ("nurse: false", "nurse: no", "items[0].nurse", "true or false"),
        ("code: shanghai-42", "code: shanghai-43", "code", "name of the file"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, key: str, says: str) -> None:
    text = (CATALOGUES / "shanghai-42.yaml").read_text("utf-8")
    path = tmp_path / "shanghai-42.yaml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(LawFileError) as caught:
        load_catalogue(path)
    assert caught.value.key == key
    assert says in caught.value.reason
