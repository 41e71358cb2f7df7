"""What stands on a person's statement, for the libraries that draw it to compare with."""

from dataclasses import dataclass

from ltc.rules.person_statements import PersonStatement
from ltc.rules.policies import Text
from ltc.rules.statement_codes import write_code
from ltc.rules.statement_words import yuan
from ltc.rules.statements import Head, StatementKind
from ltc.services.statement_sheets import TITLES

LINE_HEADS = (
    Text("项目、期间、收款方", "Item, days, payee"), Text("天数", "Days"), Text("分钟", "Minutes"),
    Text("符合规定", "Eligible"), Text("基金", "Fund"), Text("个人", "Person"),
)  # fmt: skip
NOTHING_BEFORE = Text(
    "上月没有已审批的结算，无可比较。",
    "There is no approved settlement of the month before to compare with.",
)
PAID = Text("本月基金支付", "Paid by the fund this month")


@dataclass(frozen=True, slots=True)
class Row:
    """A line: what is told below each other, and its figures."""

    told: list[Text]
    figures: list[str]


@dataclass(frozen=True, slots=True)
class Words:
    """The words from top to bottom, ready to be set."""

    number: str
    issued_on: str
    run: str
    issuer: Text
    title: Text
    code: str
    address: str
    how: Text
    facts: list[tuple[Text, Text]]
    amount: str
    capitals: str
    days: list[tuple[int, str]]
    legend: list[str]
    not_counted: list[Text]
    lines: list[Row]
    objection: Text
    grounds: list[Text]
    law: list[tuple[Text, Text, Text]]


def list_words(statement: PersonStatement, code: str, public_url: str) -> Words:
    """Return the words of a statement with a code, to be verified at an address."""
    head, written = statement.head, write_code(code)
    return Words(
        number=head.number, issued_on=str(head.issued_on), run=head.run, issuer=head.issuer,
        title=TITLES[StatementKind.PERSON], code=written,
        address=f"{public_url}/verify/{written}",
        how=Text("核验真伪：扫描二维码，或在此输入核验码",
                 f"To verify: scan the code, or enter it at {public_url}/verify"),
        facts=_list_facts(statement), amount=yuan(statement.sums.fund_fen),
        capitals=f"大写：人民币{statement.capitals}",
        days=[(day.number, str(day.sign)) for day in statement.days],
        legend=[f"{e.text.zh} {e.text.en} {e.count}" for e in statement.legend],
        not_counted=list(statement.not_counted), lines=_list_lines(statement),
        objection=_say_objection(head), grounds=list(statement.grounds),
        law=[(line.source, line.labels, line.standing) for line in statement.sources],
    )  # fmt: skip


def _list_facts(statement: PersonStatement) -> list[tuple[Text, Text]]:
    subject = statement.subject
    return [
        (Text("姓名", "Name"), Text(subject.name, "")),
        (Text("结算月份", "Month"), Text(str(statement.head.month), "")),
        (Text("身份证号码", "Identity number"), Text(subject.identity_masked, "")),
        (Text("个案编号", "Case number"), Text(subject.case_number, "")),
        (Text("区县", "District"), subject.district),
        (Text("参保类型", "Scheme"), statement.schemes),
        (Text("护理方式", "Mode of care"), statement.modes),
        (Text("失能等级", "Grade"), statement.grades),
    ]


def _list_lines(statement: PersonStatement) -> list[Row]:
    rows = []
    for line in statement.lines:
        sums = (line.sums.eligible_fen, line.sums.fund_fen, line.sums.person_fen)
        figures = [str(line.days), str(line.minutes), *map(yuan, sums)]
        rows.append(Row([line.item, line.period, line.payee, *line.reasons], figures))
    return rows


def _say_objection(head: Head) -> Text:
    return Text(
        f"如对本结算单有异议，请在经办机构告知您的期限内，向{head.issuer.zh}提出（书面或口头均可），并注明编号{head.number}。",
        f"If you disagree, tell the {head.issuer.en}, in writing or in person, by the date your"
        f" agency tells you, and give the number {head.number}.",
    )
