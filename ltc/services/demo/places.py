"""Where the demonstration plays: the four districts, the providers in them, and who signs in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ltc.rules.access import Role
from ltc.rules.providers import ProviderKind

AREA = "chongqing"
AREA_NAMES = ("重庆市", "Chongqing")
AGENCY = "重庆市医疗保障事务中心"
ASSESSING_BODY = "重庆市长期护理失能评估中心"
CARERS_PER_PROVIDER = 10
AGREED_FROM = date(2019, 1, 1)
AGREED_BEFORE = date(2021, 1, 1)
# One small provider gives up in the middle of November; its people must find another.
CLOSED_BEFORE = date(2019, 11, 16)


@dataclass(frozen=True, slots=True)
class Place:
    """A district of the pilot with the code that identity numbers of it begin with."""

    code: str
    name_zh: str
    name_en: str


DISTRICTS = (
    Place("500104", "大渡口区", "Dadukou"),
    Place("500113", "巴南区", "Banan"),
    Place("500231", "垫江县", "Dianjiang"),
    Place("500240", "石柱县", "Shizhu"),
)


@dataclass(frozen=True, slots=True)
class Firm:
    """A provider: ``district`` is a place in DISTRICTS."""

    code: str
    name: str
    kind: ProviderKind
    district: int
    agreed_before: date = AGREED_BEFORE


def _list_firms() -> Iterator[Firm]:
    """Two providers of home care and one institution in every district."""
    home, bed = ProviderKind.HOME, ProviderKind.RESIDENTIAL
    for place, district in enumerate(DISTRICTS):
        short = district.name_zh[:-1]
        ends = CLOSED_BEFORE if place == len(DISTRICTS) - 1 else AGREED_BEFORE
        yield Firm(f"P{place * 3 + 1:02d}", f"{short}康宁居家护理站", home, place)
        yield Firm(f"P{place * 3 + 2:02d}", f"{short}夕阳红护理服务部", home, place, ends)
        yield Firm(f"P{place * 3 + 3:02d}", f"{short}颐养护理院", bed, place)


FIRMS = tuple(_list_firms())


@dataclass(frozen=True, slots=True)
class Player:
    """A user: ``firm`` is the code of a provider, ``district`` a place in DISTRICTS."""

    sign_in_name: str
    name: str
    role: Role
    firm: str | None = None
    district: int | None = None

    @property
    def is_carer(self) -> bool:
        """Whether the user is one of the registered carers."""
        return self.role is Role.CARER

    @property
    def is_assessing(self) -> bool:
        """Whether the user works for the assessing body, which is apart from the agency."""
        return self.role in (Role.ASSESSOR, Role.EXPERT)


PLAYERS = (
    Player("admin", "罗建平", Role.ADMINISTRATOR),
    Player("officer", "何敏", Role.OFFICER),
    Player("officer.shizhu", "谭正秀", Role.OFFICER, district=3),
    Player("preparer", "刘芳", Role.FINANCE_PREPARER),
    Player("checker", "周勇", Role.FINANCE_CHECKER),
    Player("approver", "郑伟", Role.FINANCE_APPROVER),
    Player("auditor", "梁文彬", Role.AUDITOR),
    Player("assessor1", "徐惠", Role.ASSESSOR),
    Player("assessor2", "马志刚", Role.ASSESSOR),
    Player("assessor3", "彭琼", Role.ASSESSOR),
    Player("expert1", "曾国强", Role.EXPERT),
    Player("expert2", "蔡玉兰", Role.EXPERT),
    Player("expert3", "董文彬", Role.EXPERT),
    Player("expert4", "袁素芳", Role.EXPERT),
    Player("manager.p01", "许桂兰", Role.PROVIDER_MANAGER, firm="P01"),
    Player("manager.p06", "邓光明", Role.PROVIDER_MANAGER, firm="P06"),
    Player("manager.p11", "冉世芳", Role.PROVIDER_MANAGER, firm="P11"),
    Player("carer.p01", "", Role.CARER, firm="P01"),
    Player("carer.p04", "", Role.CARER, firm="P04"),
)
