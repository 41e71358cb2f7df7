"""Every list that can be taken away says the same as CSV and as XLSX, to the same readers."""

import csv
import io
import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import time_machine
from python_calamine import CalamineWorkbook

from ltc.rules.access import Role
from ltc.web import audit, list_files
from ltc.web.list_files import COLUMN_TITLES
from tests.conftest import NOW
from tests.support.sign_in import sign_in_as
from tests.web.route_examples import values_of
from tests.web.test_access_walk import routes_of
from tests.web.test_query_counts import who_sees

CHONGQING = ZoneInfo("Asia/Shanghai")
CODE = re.compile(r"[A-Za-z0-9_]*")
NO_EXPORTS = "action=test.done"  # of the events of the small world
LANGUAGES = ("en", "zh-CN")


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def exports(shared_world):
    """The routes of lists as files, with who may open them and where."""
    app, side = shared_world.app, shared_world.areas[0][0]
    found = {}
    for route in routes_of(app):
        if "suffix" in route.arguments and ".export" in route.endpoint:
            values = values_of(route.endpoint, set(route.arguments), side)
            with app.test_request_context():
                paths = [app.url_for(route.endpoint, **values | {"suffix": s}) for s in ("csv", "xlsx")]  # fmt: skip
            if route.endpoint == "audit.export":  # which grows with each file that is given
                paths = [f"{path}?{NO_EXPORTS}" for path in paths]
            found[route.endpoint] = route, paths
    assert len(found) >= 10
    return found


def ask(app, user, path, language="en"):
    client = sign_in_as(app.test_client(), user)
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, path
    return answer


def read_csv(answer):
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def read_xlsx(answer):
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert len(book.sheet_names) == 1
    return book.get_sheet_by_index(0).to_python()


def as_in_csv(name, cell):
    """Return the text that CSV has for what a spreadsheet shows in a column."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=CHONGQING).astimezone(NOW.tzinfo).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    if isinstance(cell, float):
        return str(round(cell * 100)) if name.endswith("_fen") else str(int(cell))
    return str(cell)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_workbook_has_the_rows_of_the_csv_file(shared_world, exports, language):
    app, side = shared_world.app, shared_world.areas[0][0]
    for endpoint, (route, paths) in exports.items():
        user = side.users[who_sees(route)]
        plain, sheet = [ask(app, user, path, language) for path in paths]
        (names, *rows), (titles, *cells) = read_csv(plain), read_xlsx(sheet)
        assert len(titles) == len(names), endpoint
        assert len(rows) == len(cells) > 0, endpoint
        for at, name in enumerate(names):
            told = [as_in_csv(name, row[at]) for row in cells]
            check_column(f"{endpoint}.{name}", [row[at] for row in rows], told)


def check_column(where, plain, told):
    """The same text, or each code in words of its own."""
    for code, words in zip(plain, told, strict=True):
        if code != words:
            assert CODE.fullmatch(code), f"{where}: {code!r} is told as {words!r}"
            assert words.strip(), where
    pairs = set(zip(plain, told, strict=True))
    assert (
        len(pairs) == len({code for code, _words in pairs}) == len({words for _c, words in pairs})
    )


def test_both_files_are_downloads_of_the_same_name(shared_world, exports):
    app, side = shared_world.app, shared_world.areas[0][0]
    for route, paths in exports.values():
        plain, sheet = [ask(app, side.users[who_sees(route)], path).headers for path in paths]
        assert plain["Content-Type"] == "text/csv; charset=utf-8"
        assert sheet["Content-Type"].endswith("spreadsheetml.sheet")
        name = plain["Content-Disposition"].removesuffix('.csv"')
        assert name.startswith('attachment; filename="')
        assert sheet["Content-Disposition"] == f'{name}.xlsx"'


def test_a_list_too_long_for_a_spreadsheet_is_given_as_csv(shared_world, exports, monkeypatch):
    app, side = shared_world.app, shared_world.areas[0][0]
    for endpoint, (route, (plain, sheet)) in exports.items():
        client = sign_in_as(app.test_client(), side.users[who_sees(route)])
        rows = len(read_csv(client.get(plain))) - 1
        monkeypatch.setattr(list_files, "XLSX_ROWS_MOST", rows)
        assert client.get(sheet).status_code == 200, endpoint
        monkeypatch.setattr(list_files, "XLSX_ROWS_MOST", rows - 1)
        refused = client.get(sheet, headers={"Accept-Language": "en"})
        assert refused.status_code == 409, endpoint
        assert f"more than {rows - 1} rows" in refused.text
        assert "Take it as CSV, or narrow the filter" in refused.text
        assert client.get(plain).status_code == 200, endpoint


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_of_the_audit_log_no_part_is_given_for_the_whole(shared_world, monkeypatch, suffix):
    auditor = shared_world.areas[0][0].users[Role.AUDITOR]
    client = sign_in_as(shared_world.app.test_client(), auditor)
    rows = len(read_csv(client.get(f"/audit/events.csv?{NO_EXPORTS}"))) - 1
    monkeypatch.setattr(audit, "EXPORTED_MOST", rows)
    assert client.get(f"/audit/events.{suffix}?{NO_EXPORTS}").status_code == 200
    monkeypatch.setattr(audit, "EXPORTED_MOST", rows - 1)
    refused = client.get(f"/audit/events.{suffix}?{NO_EXPORTS}", headers={"Accept-Language": "en"})
    assert refused.status_code == 409
    assert "Narrow the filter, by days for instance" in refused.text


@pytest.mark.parametrize("role", [Role.PROVIDER_MANAGER, Role.CARER, Role.ASSESSOR])
def test_who_sees_less_takes_less_away_in_both(shared_world, exports, role):
    app, side = shared_world.app, shared_world.areas[0][0]
    client, open_to_role = sign_in_as(app.test_client(), side.users[role]), 0
    for endpoint, (route, paths) in exports.items():
        plain, sheet = [client.get(path) for path in paths]
        assert plain.status_code == sheet.status_code, endpoint
        if plain.status_code == 200:
            rows, cells = read_csv(plain)[1:], read_xlsx(sheet)[1:]
            assert [row[0] for row in rows] == [as_in_csv("", row[0]) for row in cells], endpoint
            everybody = read_csv(ask(app, side.users[who_sees(route)], paths[0]))[1:]
            assert len(rows) < len(everybody), endpoint
            open_to_role += 1
    assert open_to_role


def test_a_file_that_is_neither_is_not_found(shared_world, exports):
    app, side = shared_world.app, shared_world.areas[0][0]
    for route, paths in exports.values():
        client = sign_in_as(app.test_client(), side.users[who_sees(route)])
        assert client.get(paths[0].replace(".csv", ".xls")).status_code == 404


def test_every_title_is_used(shared_world, exports):
    app, side = shared_world.app, shared_world.areas[0][0]
    used = set()
    for route, paths in exports.values():
        used |= set(read_csv(ask(app, side.users[who_sees(route)], paths[0]))[0])
    used |= set(read_csv(ask(app, side.users[who_sees(exports["stays.export"][0])], "/stays/beds/list.csv"))[0])  # fmt: skip
    assert used == set(COLUMN_TITLES)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_reader_who_takes_long_holds_no_connection(shared_world, exports, suffix):
    """The file is on the disk and the session closed before the first byte is sent."""
    app = shared_world.app
    route, paths = exports["insured.export"]
    client = sign_in_as(app.test_client(), shared_world.areas[0][0].users[who_sees(route)])
    (path,) = [path for path in paths if path.endswith(suffix)]
    answer = client.get(path, buffered=False)
    assert answer.status_code == 200
    assert app.extensions["ltc"].engine.pool.checkedout() == 0
    assert len(answer.data) == int(answer.headers["Content-Length"])
