"""The table of legal changes of a message, as the documents show it."""

from shared.schedule.states import WAITING, MessageState, Why
from shared.schedule.transitions import TABLE


def as_table() -> str:
    """The table as the documents show it."""
    lines = ["| Change | From | To | Why | When |", "|---|---|---|---|---|"]
    for transition, legal in TABLE.items():
        before, resent = ([f"`{one}`" for one in MessageState if one in some] for some in (legal.before, legal.resent))
        late = f"; once resent also {', '.join(resent)}" if resent else ""
        waits = ["a reason to wait"] if legal.whys >= WAITING else []
        whys = waits + [f"`{one}`" for one in Why if one in (legal.whys - WAITING if waits else legal.whys)]
        cells = (f"`{transition}`", ", ".join(before) + late, f"`{legal.state}`", ", ".join(whys), legal.means)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
