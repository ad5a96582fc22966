"""Time zones by their IANA names."""

import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo


def parse_zone(name: str) -> ZoneInfo:
    """The zone of this name in the IANA time zone database, letter for letter; `ValueError` if there is none."""
    if name not in _zone_names():
        raise ValueError(f"Unknown time zone {name[:64]!r}: use a name of the IANA database, such as 'Europe/London'.")
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    # No name from outside reaches the file system. "localtime" is whatever this machine keeps, "Factory" is no place.
    return frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})
