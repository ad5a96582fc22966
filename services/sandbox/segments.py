"""How many SMS segments a text takes: what Twilio bills and calls `num_segments`."""

# GSM 03.38 default alphabet, and its extension table, whose characters take two septets.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")

# 140 bytes hold 160 septets or 70 UTF-16 units; a part of a longer text gives 6 bytes to its header.
_GSM_ALONE, _GSM_PART = 160, 153
_UCS2_ALONE, _UCS2_PART = 70, 67


def segments(body: str) -> int:
    """Segments of a text: 160 (153) GSM characters or 70 (67) UTF-16 units each, once it needs more than one."""
    if all(char in _BASIC or char in _EXTENDED for char in body):
        size = sum(2 if char in _EXTENDED else 1 for char in body)
        alone, part = _GSM_ALONE, _GSM_PART
    else:
        size = len(body.encode("utf-16-le")) // 2
        alone, part = _UCS2_ALONE, _UCS2_PART
    return 1 if size <= alone else -(-size // part)
