"""Reads times in organisers' files, as they stand on the clocks of the place."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NOT_A_TIME = "is no time; write it as 2026-12-01 18:00, by the clocks there"
NO_SUCH_TIME = "is when the clocks change, and no time or two; write it with its offset, as 2026-10-25T01:30+01:00"

_WITHOUT_OFFSET = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2})(?::00)?", re.ASCII)
_WITH_OFFSET = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)


def local_instant(text: str, zone: ZoneInfo) -> datetime | str:
    """The instant, or the fault of the text. 01/12/2026 is refused: it is January to some and December to others."""
    local = _WITHOUT_OFFSET.fullmatch(text)
    try:
        if _WITH_OFFSET.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
        if local is None:
            return NOT_A_TIME
        at = datetime.fromisoformat(f"{local[1]}T{local[2]:0>5}").replace(tzinfo=zone)
        is_clear = at.utcoffset() == at.replace(fold=1).utcoffset()
        return at.astimezone(UTC) if is_clear else NO_SUCH_TIME
    except (ValueError, OverflowError):
        return NOT_A_TIME
