"""Every template compiles strictly, and none carries code or style of its own.

The Content-Security-Policy allows neither, so an inline script would be dead on the page.
"""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError, nodes

from tests.house.sources import ROOT, write

INLINE = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.IGNORECASE),
    "an event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a javascript: link": re.compile(r"""=\s*["']\s*javascript:""", re.IGNORECASE),
}


def build_environment(folder: Path, product: Environment | None) -> Environment:
    """A strict environment with new style gettext, and with the product's filters and tests."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    if product is not None:
        environment.filters.update(product.filters)
        environment.tests.update(product.tests)
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    return environment


def find_templates_that_do_not_compile(root: Path, product: Environment | None = None) -> list[str]:
    """Name every template with a syntax error, or that names a template that does not exist."""
    folder = root / "templates"
    environment = build_environment(folder, product)
    names = environment.list_templates(filter_func=_is_template)
    return [f"{name}: {fault}" for name in names if (fault := _fault(environment, name))]


def _fault(environment: Environment, name: str) -> str | None:
    source = (environment.loader.get_source(environment, name))[0]
    try:
        tree = environment.parse(source, name)
        environment.compile(tree, name, name)
    except TemplateSyntaxError as error:
        return f"line {error.lineno}: {error.message}"
    known = set(environment.list_templates())
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        wanted = node.template
        if isinstance(wanted, nodes.Const) and wanted.value not in known:
            return f"line {node.lineno}: there is no {wanted.value}"
    return None


def find_inline_code(root: Path) -> list[str]:
    """Name every inline style, script, event handler and javascript: link on a page.

    What WeasyPrint prints (templates/paper) never reaches a browser: style may stand there.
    """
    found = []
    for path in sorted((root / "templates").rglob("*.html")):
        text = _without_comments(path.read_text(encoding="utf-8"))
        for fault, pattern in INLINE.items():
            if "style" in fault and "paper" in path.relative_to(root).parts:
                continue
            found += [
                f"{path.relative_to(root)}:{text.count(chr(10), 0, match.start()) + 1} {fault}"
                for match in pattern.finditer(text)
            ]
    return found


def _without_comments(text: str) -> str:
    """Blank out comments, keeping the lines in their places."""
    return re.sub(r"\{#.*?#\}", lambda m: "\n" * m.group().count("\n"), text, flags=re.DOTALL)


def _is_template(name: str) -> bool:
    return name.endswith((".html", ".txt", ".svg", ".xml"))


def test_every_template_compiles(app):
    assert find_templates_that_do_not_compile(ROOT, app.jinja_env) == []


def test_the_product_is_as_strict(app):
    assert app.jinja_env.undefined is StrictUndefined


def test_no_template_carries_code_or_style():
    assert find_inline_code(ROOT) == []


@pytest.mark.parametrize(
    "text",
    ["{% if visit %}", "{{ visit | nosuchfilter }}", "{% extends 'shared/none.html' %}",
     "{% trans %}{{ visit.name }}{% endtrans %}"],
)  # fmt: skip
def test_a_template_that_does_not_compile_is_seen(tmp_path, text):
    write(tmp_path, "templates/visits/good.html", "{% trans n=1 %}{{ n }} visit{% endtrans %}")
    write(tmp_path, "templates/visits/show.html", text)
    (found,) = find_templates_that_do_not_compile(tmp_path)
    assert found.startswith("visits/show.html: ")


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color: red">',
        "<style>p {}</style>",
        "<script>go()</script>",
        '<script type="module">go()</script>',
        '<button class="x"\n onclick="go()">',
        '<a href="javascript:go()">',
    ],
)
def test_inline_code_is_seen(tmp_path, text):
    good = '<script src="/x.js" defer></script>{# <p style="x"> #}<p data-on="1">'
    write(tmp_path, "templates/visits/show.html", f"{good}\n{text}")
    (found,) = find_inline_code(tmp_path)
    assert found.startswith("templates/visits/show.html:2 ")
