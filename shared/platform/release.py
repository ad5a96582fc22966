"""Which release of Cocreate runs here, so that what an older one ships never replaces what a newer one did."""

import re
from functools import cache
from importlib.metadata import version


@cache
def release() -> tuple[int, ...]:
    """This release as numbers that compare: `0.10.0` is newer than `0.9.2`. What follows the numbers does not count."""
    return numbers_of(version("cocreate"))


def numbers_of(text: str) -> tuple[int, ...]:
    """The numbers with which a version begins."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(number) for number in found[0].split(".")) if found else (0,)
