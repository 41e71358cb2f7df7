"""Make the three font files of static/fonts/ from an unpacked Noto Sans SC font package.

The source is the npm package `@expo-google-fonts/noto-sans-sc` 0.4.3 (SIL Open Font License 1.1),
which carries Noto Sans SC as static TrueType files. To make the files again:

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3
    tar xzf expo-google-fonts-noto-sans-sc-0.4.3.tgz
    python tools/make_fonts.py package static/fonts

Why TrueType and not WOFF2 or OpenType/CFF: WeasyPrint unpacks a WOFF2 again for every document (hundreds
of times slower), and CFF doubles the time and makes files five times as large.

Why three files: nearly every page needs only the 7,445 characters of GB 2312 and some Latin, so the two
everyday files stay small. All other characters of the source, among them every character of the
national table of 2013 (通用规范汉字表) that GB 2312 lacks, go into a third file of a family of its own.
It is read only when a rare name asks for it.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

EVERYDAY_FAMILY = "Noto Sans SC"
RARE_FAMILY = "Noto Sans SC Rare"
LATIN_AND_SIGNS = (
    range(0x0020, 0x007F),  # ASCII
    range(0x00A0, 0x0180),  # Latin-1, Latin Extended-A
    range(0x2010, 0x2040),  # dashes, quotation marks, per mille
    range(0x20A0, 0x20C0),  # currency signs
    range(0x2150, 0x2189),  # fractions, Roman numerals (重度失能Ⅰ级)
    range(0x2190, 0x219A),  # arrows
    range(0x2460, 0x2474),  # circled figures
    range(0x25A0, 0x2600),  # shapes, used beside every status
    range(0x2713, 0x2719),  # ticks and crosses
    range(0x3000, 0x3020),  # Chinese punctuation
    range(0xFF01, 0xFF61),  # full-width forms
    range(0xFFE0, 0xFFE7),  # full-width currency signs
)
KEPT_FEATURES = ["kern", "locl", "ccmp", "tnum", "lnum", "mark", "mkmk"]


def list_gb2312_codepoints() -> set[int]:
    """Every code point that the character set GB 2312 holds (6,763 Han characters, 682 others)."""
    found: set[int] = set()
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes([row, cell]).decode("gb2312")))
            except UnicodeDecodeError:
                continue  # a cell that the standard leaves empty
    return found


def list_everyday_codepoints() -> set[int]:
    """GB 2312 and what Western text, amounts and status shapes need."""
    wanted = list_gb2312_codepoints()
    for block in LATIN_AND_SIGNS:
        wanted.update(block)
    return wanted


def list_codepoints(source: Path) -> set[int]:
    """The code points that a font file really has a glyph for."""
    with TTFont(source) as font:
        return set(font.getBestCmap())


def name_family(font: TTFont, family: str, style: str) -> None:
    """Write family and style into the name table, so that the two families never answer for each other."""
    names = {1: family, 2: style, 4: f"{family} {style}", 6: f"{family.replace(' ', '')}-{style}"}
    table = font["name"]
    for name_id in (*names, 3, 16, 17, 21, 22):
        table.removeNames(nameID=name_id)
    for name_id, text in names.items():
        table.setName(text, name_id, 3, 1, 0x409)


def write_subset(source: Path, target: Path, codepoints: set[int], family: str, style: str) -> None:
    """Write the part of `source` that covers `codepoints`, the same bytes each time."""
    options = subset.Options(
        layout_features=KEPT_FEATURES,
        hinting=False,
        notdef_outline=True,
        name_IDs=["*"],
        drop_tables=["vhea", "vmtx", "BASE", "STAT", "DSIG"],
        recalc_timestamp=False,
    )
    font = subset.load_font(str(source), options)
    chooser = subset.Subsetter(options)
    chooser.populate(unicodes=codepoints)
    chooser.subset(font)
    name_family(font, family, style)
    subset.save_font(font, str(target), options)


def make_fonts(package: Path, target: Path) -> None:
    """Write the two everyday files, the rare one, and the licence beside them."""
    regular = package / "400Regular" / "NotoSansSC_400Regular.ttf"
    bold = package / "700Bold" / "NotoSansSC_700Bold.ttf"
    everyday = list_everyday_codepoints()
    rare = list_codepoints(regular) - everyday
    target.mkdir(parents=True, exist_ok=True)
    write_subset(regular, target / "NotoSansSC-Regular.ttf", everyday, EVERYDAY_FAMILY, "Regular")
    write_subset(bold, target / "NotoSansSC-Bold.ttf", everyday, EVERYDAY_FAMILY, "Bold")
    write_subset(regular, target / "NotoSansSCRare-Regular.ttf", rare, RARE_FAMILY, "Regular")
    shutil.copyfile(package / "LICENSE_FONT", target / "LICENSE.txt")


def main() -> None:
    """Read the two folders from the command line and make the files."""
    parser = argparse.ArgumentParser(description="Make the fonts of static/fonts/.")
    parser.add_argument("package", type=Path, help="the unpacked font package")
    parser.add_argument("target", type=Path, help="the folder to write to")
    arguments = parser.parse_args()
    make_fonts(arguments.package, arguments.target)


if __name__ == "__main__":
    main()
