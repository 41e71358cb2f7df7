"""A small application that shows the gallery of macros, with the strictest settings pages meet.

To look at it:  flask --app tests.support.gallery:make_app run
"""

from __future__ import annotations

import secrets
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, flash, render_template, request
from flask_babel import Babel
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import StrictUndefined
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FileField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Optional

from ltc.web.formats import commands

ROOT = Path(__file__).resolve().parents[2]
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'"


class SampleForm(FlaskForm):
    """One field of each kind."""

    name = StringField(
        "Name", [InputRequired("Enter the name")], description="As on the identity card"
    )
    born_on = DateField("Born on", [InputRequired("Enter the day of birth")])
    years = IntegerField("Contribution years", [Optional()])
    price = DecimalField("Price a day", [Optional()], places=2)
    scheme = SelectField(
        "Scheme",
        choices=[SelectChoice("employee", "Employee"), SelectChoice("resident", "Resident")],
    )
    mode = RadioField(
        "Mode",
        [InputRequired("Choose a mode")],
        choices=[SelectChoice("home", "Home visits"), SelectChoice("stay", "Residential")],
    )
    items = SelectMultipleField(
        "Items", choices=[SelectChoice("bath", "Sponge bath"), SelectChoice("meal", "Feeding")]
    )
    confirmed = BooleanField("Confirmed by the person or the guardian")
    remark = TextAreaField("Remark", [Optional()])
    proof = FileField("Certificate")
    secret = PasswordField("Password")
    eat = RadioField(
        "进食 Eating",
        [InputRequired("Choose an option for eating")],
        choices=[
            SelectChoice("0", "较大或完全依赖，或有留置营养管"),
            SelectChoice("5", "需部分帮助（夹菜、盛饭）"),
            SelectChoice(
                "10",
                "自理（在合理时间内能独立使用餐具进食各种食物，可使用辅助工具独立完成进食，但不包括做饭）",
            ),
        ],
    )


def make_days() -> list[dict[str, Any]]:
    """January 2022 with a hospital stay from the 10th to the 14th; the 1st was a Saturday."""
    return [
        {"day": day, "state": "hospital" if 10 <= day <= 14 else "paid", "weekday": (day + 4) % 7}
        for day in range(1, 32)
    ]


def make_mixed_days() -> list[dict[str, Any]]:
    """A month that goes through all the other states."""
    states = (
        ["before"] * 5
        + ["paid"] * 7
        + ["no_visit"] * 3
        + ["held"] * 4
        + ["suspended"] * 4
        + ["after"] * 4
        + ["none"] * 3
    )
    return [{"day": day, "state": state, "note": "note"} for day, state in enumerate(states, 1)]


def make_lines(say: Any) -> list[dict[str, Any]]:
    """Four rows of a list, one overdue."""
    officer = say("Li Qiang", "李强")
    return [
        {
            "name": name,
            "number": f"CQ-{number:05}",
            "days": days,
            "amount": amount,
            "state": state,
            "state_text": text,
            "who": officer,
            "what": what,
            "by": "2022-02-08",
            "late": number == 2,
        }
        for number, (name, days, amount, state, text, what) in enumerate(
            [
                (
                    say("Liu Guilan", "刘桂兰"),
                    26,
                    "¥1,300.00",
                    "done",
                    say("Paid", "支付"),
                    say("nothing to do", "无需办理"),
                ),
                (
                    say("Wang Yan", "王䶮"),
                    17,
                    "¥850.00",
                    "stopped",
                    say("Held: no account", "暂缓：无账户"),
                    say("asks for the account", "补充账户"),
                ),
                (
                    say("Chen Liu", "陈㛃"),
                    4,
                    "¥200.00",
                    "attention",
                    say("Late fact", "补录"),
                    say("confirms the stay", "确认住院"),
                ),
                (
                    say("Qian Lu", "钱𬭼"),
                    0,
                    "¥0.00",
                    "waiting",
                    say("Waiting", "等待"),
                    say("confirms the plan", "确认计划"),
                ),
            ],
            1,
        )
    ]


def describe_shell() -> dict[str, Any]:
    """What the product's context processor gives to every page."""
    language = request.args.get("lang", "en")
    chosen = 1 if language == "zh_CN" else 0

    def say(*texts: str) -> str:
        return texts[chosen]

    labels = [
        ("People", "参保人"),
        ("Assessments", "评估"),
        ("Providers", "机构"),
        ("Plans", "护理计划"),
        ("Visits", "上门服务"),
        ("Payouts", "待遇支付"),
        ("More", "更多"),
    ]
    return {
        "actor": SimpleNamespace(
            name=say("Wang Min", "王敏"),
            role_label=say("Finance, approver", "财务（核准）"),
            area_name=say("Chongqing", "重庆"),
            district_name=say("Dadukou", "大渡口"),
            organisation_name=say("Dadukou agency", "大渡口区经办机构"),
        ),
        "nav_items": [
            {"label": say(*pair), "href": "#", "current": pair[0] == "Payouts"} for pair in labels
        ],
        "languages": [("en", "English"), ("zh_CN", "中文")],
        "current_language": language,
        "page_address": "/",
        "may": lambda _permission: True,
        "product_version": "0.1.0",
        "demo": True,
        "demo_day": None,
        "device_owner": "",
        "say": say,
    }


def show_gallery() -> str:
    """The gallery; with ?errors=1 as after a refused form."""
    form = SampleForm(formdata=None)
    if request.args.get("errors"):
        form.validate()
    if request.args.get("flash"):
        flash("Saved.", "done")
        flash({"title": "Saved.", "number": "7", "at": "2022-02-03 14:20"}, "receipt")  # type: ignore[arg-type]
    say = describe_shell()["say"]
    return render_template(
        "shared/gallery.html",
        form=form,
        days=make_days(),
        mixed_days=make_mixed_days(),
        lines=make_lines(say),
        page={"previous_cursor": None, "next_cursor": "c2"},
    )


def forbid_inline(response: Response) -> Response:
    """The same policy as the product's: nothing inline, nothing from elsewhere."""
    response.headers["Content-Security-Policy"] = POLICY
    return response


def make_app() -> Flask:
    """The application, with StrictUndefined, CSRF and the content security policy switched on."""
    app = Flask(
        "gallery", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    app.config.update(SECRET_KEY="only for looking at")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["commands"] = commands
    app.jinja_env.globals["form_token"] = lambda: secrets.token_urlsafe(16)
    Babel(app)
    CSRFProtect(app)
    app.context_processor(describe_shell)
    app.add_url_rule("/", view_func=show_gallery)
    app.after_request(forbid_inline)
    return app
