"""The NHS number: the one identifier of a patient that sources share."""

DIGITS = 10


def nhs_number(text: str | None) -> str | None:
    """An NHS number without spaces, or None where its check digit is wrong.

    A wrong number must not unite two patients: placeholders such as 9999999999 are common in feeds
    (NHS Data Dictionary, NHS NUMBER: modulus 11 over the first nine digits).
    """
    digits = "".join(c for c in text or "" if c.isascii() and c.isdigit())
    if len(digits) != DIGITS or len(set(digits)) == 1:
        return None
    check = 11 - sum(int(d) * weight for d, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return digits if check % 11 == int(digits[9]) else None
