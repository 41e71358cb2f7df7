"""Amounts in capital figures (大写金额), which cannot be altered by adding a stroke.

As 《正确填写票据和结算凭证的基本规定》 (支付结算办法, 附一) asks: 零 where figures lie between, 整 after
yuan. After jiao 整 may be left out; it is written here, so that nothing can be added behind it.
"""

from decimal import Decimal

FEN_PER_YUAN = 100
WHOLE = "整"
JIAO = "角"


def write_capitals(amount_fen: int) -> str:
    """Return an amount in capital figures, such as ``壹仟叁佰元整`` for 130000 fen."""
    import cn2an  # where statements are printed alone: it takes its time

    text: str = cn2an.an2cn(Decimal(amount_fen) / FEN_PER_YUAN, "rmb")
    return text + WHOLE if text.endswith(JIAO) else text
