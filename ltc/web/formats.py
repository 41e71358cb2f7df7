"""How values look on a page: money, days, instants, minutes, masked numbers, by locale."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from flask import Flask, g
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape

from ltc.rules.errors import Problem
from ltc.rules.months import Month
from ltc.rules.policies import Text
from ltc.rules.spoken import find_words
from ltc.rules.written_numbers import write_percent
from ltc.store.counting import COUNTED_MOST

FEN_PER_YUAN = 100
# Read once: to be asked for a locale by its name, Babel looks through all that it knows, each time.
WEEKDAYS = {code: Locale.parse(code).days["format"]["abbreviated"] for code in ("en", "zh_CN")}
MONTHS = Locale.parse("en").months["format"]["wide"]


def register(app: Flask) -> None:
    """Offer the formats as filters to every template."""
    app.jinja_env.filters.update(
        yuan=yuan,
        day=day,
        birthday=plain_day,
        month=month,
        instant=instant,
        minutes=minutes,
        whole=whole,
        counted=counted,
        share=share,
        said=said,
        in_language=in_language,
        commands=commands,
    )


def _chinese() -> bool:
    return str(get_locale()).startswith("zh")


def yuan(fen: int | None) -> str:
    """``¥1,300.00`` from fen; a dash for None."""
    if fen is None:
        return "–"
    whole_yuan, rest_fen = divmod(abs(fen), FEN_PER_YUAN)
    return f"{'−' if fen < 0 else ''}¥{whole_yuan:,}.{rest_fen:02}"


def commands(text: Any) -> Markup:
    """A sentence with its commands, which stand between backticks in a text, shown as such."""
    parts = str(escape(text)).split("`")
    return Markup().join(
        Markup(f'<code class="ltc-code">{part}</code>' if index % 2 else part)  # noqa: S704
        for index, part in enumerate(parts)
    )


def day(value: date | None) -> str:
    """``2019-11-14 (Thu)`` or ``2019年11月14日（周四）``; a dash for None."""
    if value is None:
        return "–"
    if _chinese():
        weekday = WEEKDAYS["zh_CN"][value.weekday()]
        return f"{value.year}年{value.month}月{value.day}日（{weekday}）"
    return f"{value.isoformat()} ({WEEKDAYS['en'][value.weekday()]})"


def plain_day(value: date | None) -> str:
    """``1935-07-11`` or ``1935年7月11日``, without its weekday; a dash for None."""
    if value is None:
        return "–"
    return f"{value.year}年{value.month}月{value.day}日" if _chinese() else value.isoformat()


def month(value: Month | str | None) -> str:
    """``November 2019`` or ``2019年11月``; a dash for None."""
    if value is None:
        return "–"
    found = Month.parse(value) if isinstance(value, str) else value
    if _chinese():
        return f"{found.year}年{found.number}月"
    return f"{MONTHS[found.number]} {found.year}"


def area_zone() -> ZoneInfo:
    """Return the time zone of the reader's area."""
    return ZoneInfo(g.get("time_zone", "Asia/Shanghai"))


def instant(value: datetime | None, time_zone: str | None = None) -> str:
    """Day and wall-clock time in the area's zone; a dash for None."""
    if value is None:
        return "–"
    zone = ZoneInfo(time_zone) if time_zone else area_zone()
    local = value.replace(tzinfo=value.tzinfo or UTC).astimezone(zone)
    return f"{day(local.date())} {local:%H:%M}"


def from_to(begins_at: datetime, ends_at: datetime) -> str:
    """Two instants in the area's zone; the day is said again only where the end is on another."""
    begins, ends = instant(begins_at), instant(ends_at)
    day_of_end, _space, time = ends.rpartition(" ")
    return f"{begins} – {time if begins.startswith(day_of_end) else ends}"


def minutes(value: int | None) -> str:
    """``1 h 30 min`` or ``1小时30分钟``; a dash for None."""
    if value is None:
        return "–"
    hours, rest = divmod(value, 60)
    if not hours:
        return str(_("%(count)s min", count=rest))
    if not rest:
        return str(_("%(hours)s h", hours=hours))
    return str(_("%(hours)s h %(count)s min", hours=hours, count=rest))


def whole(value: int | None) -> str:
    """``41,723``; a dash for None."""
    return "–" if value is None else f"{value:,}"


def counted(value: int) -> str:
    """``412``; ``1,000+`` of a count that stopped there (``store.counting``)."""
    return f"{COUNTED_MOST:,}+" if value > COUNTED_MOST else whole(value)


def share(basis_points: int | None) -> str:
    """``75 %`` (Chinese ``75%``) from 7,500 basis points; a dash for None."""
    if basis_points is None:
        return "–"
    percent = write_percent(basis_points)
    return f"{percent}%" if _chinese() else f"{percent} %"


def said(message: Any, **values: Any) -> str:
    """A marked text of the rules in the reader's language, its ``{placeholders}`` filled."""
    return str(_(str(message))).format(**values)


def in_language(text: Text) -> str:
    """Return a text of the law in the reader's language."""
    return text.zh if _chinese() else text.en


def problem_text(problem: Problem) -> str:
    """Return the sentence of a problem in the reader's language, filled."""
    values = {name: spoken(value) for name, value in problem.values.items()}
    return str(_(problem.template)).format(**values)


def spoken(value: object) -> object:
    """Return a value as a sentence in the reader's language says it: no codes, no raw days."""
    words = find_words(value)
    if words is not None:
        return _(words)
    if isinstance(value, Text):
        return in_language(value)
    if isinstance(value, Month):
        return month(value)
    if isinstance(value, datetime):
        return instant(value)
    return plain_day(value) if isinstance(value, date) else value
