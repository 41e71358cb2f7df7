"""Makes people up: names, identity numbers, phones, accounts and addresses that belong to nobody.

Everything follows from the random numbers that are handed in, so that the same seed gives the same
people. The identity numbers have a valid check digit, because the product accepts no others; they
are built from a district's code, a day and a running number and stand for no living person.
"""

from datetime import date, timedelta
from random import Random

from stdnum import luhn
from stdnum.cn import ric

from ltc.rules.insured import Sex

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余谭秦冉向"
)
FAMILY_NAMES = ("欧阳", "司马", "上官")
GIVEN_FEMALE = (
    "淑珍", "秀英", "桂兰", "玉兰", "素芳", "凤英", "碧华", "德芬", "光碧", "正秀", "世芳", "朝芬", "兴碧",
    "天秀", "泽芳", "昌菊", "惠", "琼", "芳", "敏",
)  # fmt: skip
GIVEN_MALE = (
    "建国", "国强", "德明", "正华", "世福", "朝贵", "兴发", "天禄", "泽民", "昌荣", "光明", "大林", "永生", "安全",
    "志刚", "文彬", "伟", "军", "勇", "平",
)  # fmt: skip
LONGEST_NAME = "阿卜杜热合曼·买买提吐尔逊·" * 4 + "艾合麦提"
# People whose names a form, a font or a list might stumble over.
RARE_NAMES = ("王䶮", "冉㛃", "向𬭼", LONGEST_NAME, "麦", "田·阿依古丽")
STREETS = ("钢花路", "新山村", "龙洲大道", "鱼洞街", "桂溪街", "月明路", "南宾路", "都督大道")
COMMUNITIES = ("钢花", "翠园", "新山", "龙洲湾", "鱼洞", "桂溪", "月明", "南宾", "下路", "万安")
BANKS = ("重庆农村商业银行", "中国农业银行", "中国邮政储蓄银行", "重庆银行", "中国工商银行")
RUNNING_NUMBERS = 1_000
INSURED_AGES = (range(65, 91), range(40, 102))
CARER_AGES = (range(28, 53), range(24, 58))
DAYS_A_YEAR = 365


def draw_name(random: Random, sex: Sex) -> str:
    """Return a common name."""
    given = GIVEN_FEMALE if sex is Sex.FEMALE else GIVEN_MALE
    surname = random.choice(FAMILY_NAMES) if random.randrange(80) == 0 else random.choice(SURNAMES)
    return surname + random.choice(given)


def draw_birth(random: Random, today: date, usual: range, seldom: range) -> date:
    """Return a day of birth; ranges are of ages in years, one in ten is of the seldom ones."""
    years = random.choice(usual if random.randrange(10) else seldom)
    return today - timedelta(days=years * DAYS_A_YEAR + years // 4 + random.randrange(DAYS_A_YEAR))


def build_identity(region: str, born_on: date, number: int, sex: Sex) -> str:
    """Return an identity number of a district; the last of the three digits is odd for men."""
    running = number * 2 % RUNNING_NUMBERS + (1 if sex is Sex.MALE else 0)
    body = f"{region}{born_on:%Y%m%d}{running:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def build_phone(number: int) -> str:
    """Return a phone number; no network gives out the prefix 100."""
    return f"100{number:08d}"


def build_account(number: int) -> str:
    """Return a bank account with its check digit; the bank's own part is all zeros."""
    body = f"622000{number:012d}"
    return body + str(luhn.calc_check_digit(body))


def draw_address(random: Random) -> str:
    """Return a street with a number."""
    return f"{random.choice(STREETS)}{random.randint(1, 300)}号{random.randint(1, 18)}-{random.randint(1, 6)}"


def draw_community(random: Random) -> str:
    """Return a community."""
    return f"{random.choice(COMMUNITIES)}社区"
