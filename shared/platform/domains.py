"""Lists of internet domains, as operators write them."""

import re

DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")  # RFC 1123, section 2.1


LINK_DOMAINS = ("nhs.uk", "gov.uk", "nhs.wales", "gov.wales")
"""Where links lead where an operator does not say."""


def parse_domains(text: str, example: str) -> tuple[str, ...]:
    """The domains between commas, in small letters, in their order.

    Raises:
        ValueError: one is no domain; it is named, and how such a list looks.

    """
    domains = tuple(one.strip().lower() for one in text.split(","))
    wrong = [one for one in domains if not DOMAIN.fullmatch(one)]
    if wrong:
        message = f"{wrong[0]!r} is no domain; write such as {example}"
        raise ValueError(message)
    return domains
