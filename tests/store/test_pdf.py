import io
import sys

import pytest
from pypdf import PdfReader

from ltc.store import pdf

PAGE = "<html lang='zh-CN'><title>计划</title><body><p>护理计划 王䶮</p></body></html>"


@pytest.fixture
def fresh_printer():
    pdf._get_printer.cache_clear()
    yield
    pdf._get_printer.cache_clear()


def test_a_page_becomes_a_pdf_with_its_text():
    (sheet,) = PdfReader(io.BytesIO(pdf.render_pdf(PAGE))).pages
    assert "护理计划 王䶮" in sheet.extract_text()


def test_making_the_parts_ready_once_changes_no_byte():
    printer = pdf._get_printer()
    document = printer.html(string=PAGE).render(
        stylesheets=[printer.css], font_config=printer.fonts
    )
    assert pdf.render_pdf(PAGE) == document.write_pdf(pdf_variant=pdf.VARIANT)


def test_the_fonts_are_read_once_a_process():
    pdf.render_pdf(PAGE)
    pdf.check_printer()
    assert pdf._get_printer.cache_info().misses <= 1


def test_a_page_fetches_nothing(tmp_path):
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: '泄露' }", encoding="utf-8")
    page = PAGE.replace("<title>", f'<link rel="stylesheet" href="{secret.as_uri()}"><title>')
    (sheet,) = PdfReader(io.BytesIO(pdf.render_pdf(page))).pages
    assert "泄露" not in sheet.extract_text()


def test_missing_libraries_are_named(monkeypatch, fresh_printer):
    class Missing:
        def find_spec(self, name, path=None, target=None):
            if name.startswith("weasyprint"):
                raise OSError("cannot load library 'libpango-1.0-0'")

    for name in [name for name in sys.modules if name.startswith("weasyprint")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(pdf.PrinterMissing, match="libharfbuzz-subset0"):
        pdf.render_pdf(PAGE)


def test_a_missing_font_cutter_is_noticed(monkeypatch):
    pdf.is_slow_printer.cache_clear()
    assert not pdf.is_slow_printer(), "libharfbuzz-subset0 is part of the setup"
    pdf.is_slow_printer.cache_clear()
    monkeypatch.setattr(pdf.ctypes.util, "find_library", lambda _name: None)
    monkeypatch.setattr(pdf, "SUBSET_LIBRARIES", ("libnosuch-subset.so.9",))
    assert pdf.is_slow_printer()
    pdf.is_slow_printer.cache_clear()
