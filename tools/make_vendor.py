"""Copy what the pages need from unpacked npm packages into static/vendor/.

To make the folder again (versions as in static/vendor/VERSIONS.md):

    for name in govuk-frontend@6.6.0 htmx.org@2.0.11 echarts@6.1.0 idb@8.0.4; do
        npm pack "$name"
    done
    (unpack each into a folder of its package's name)
    python tools/make_vendor.py <folder of the unpacked packages> static/vendor

htmx, ECharts and idb are copied as they are. GOV.UK Frontend is changed as its terms ask of others: its typeface
and the royal crest may be used on GOV.UK only, so every rule that names them is taken out, and the
font family becomes a custom property that static/css/app.css sets.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

PLAIN_COPIES = {
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE.txt",
    "echarts/dist/echarts.common.min.js": "echarts/echarts.common.min.js",
    "echarts/LICENSE": "echarts/LICENSE.txt",
    "echarts/NOTICE": "echarts/NOTICE.txt",
    "idb/build/index.js": "idb/idb.js",
    "idb/LICENSE": "idb/LICENSE.txt",
    "govuk-frontend/dist/govuk/govuk-frontend.min.js": "govuk-frontend/govuk-frontend.min.js",
}
RESERVED = ("GDS Transport", "govuk-crest")


def strip_reserved(css: str) -> str:
    """Take the reserved typeface and crest out of GOV.UK Frontend's style sheet.

    Raises ValueError if either is still named afterwards, so that a new version cannot bring them back.
    """
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = re.sub(
        r"font-family:GDS Transport(?:,arial,sans-serif)?", "font-family:var(--ltc-font)", css
    )
    css = re.sub(r"[^{};]*\{[^{}]*govuk-crest[^{}]*\}", "", css)
    css = re.sub(r"/\*# sourceMappingURL=[^*]*\*/", "", css)
    left = [word for word in RESERVED if word in css]
    if left:
        raise ValueError(f"still in the style sheet: {', '.join(left)}")
    return css


def strip_source_map(script: str) -> str:
    """Drop the pointer to a source map that is not shipped."""
    return re.sub(r"//# sourceMappingURL=\S*\n?", "", script)


def copy_vendor(packages: Path, target: Path) -> None:
    """Write the vendored files below `target`."""
    for origin, name in PLAIN_COPIES.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(packages / origin, path)
        if path.suffix == ".js":
            path.write_text(strip_source_map(path.read_text(encoding="utf-8")), encoding="utf-8")
    css = (packages / "govuk-frontend/dist/govuk/govuk-frontend.min.css").read_text(
        encoding="utf-8"
    )
    (target / "govuk-frontend/govuk-frontend.min.css").write_text(
        strip_reserved(css), encoding="utf-8"
    )


def main() -> None:
    """Read the two folders from the command line and copy."""
    parser = argparse.ArgumentParser(description="Copy vendored files into static/vendor/.")
    parser.add_argument("packages", type=Path, help="folder of the unpacked packages")
    parser.add_argument("target", type=Path, help="static/vendor")
    arguments = parser.parse_args()
    copy_vendor(arguments.packages, arguments.target)


if __name__ == "__main__":
    main()
