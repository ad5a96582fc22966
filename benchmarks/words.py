"""How fast one text is filled: compiled once beside compiled each time, and beside Jinja left to itself.

    .venv/bin/python benchmarks/words.py [texts]

Everything runs in one process, so read the ratios, not the rates.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment

from shared.words import grammar
from shared.words.forms import Choice, Field, Form
from shared.words.wording import Language

BODY = (
    "{{ first_name }}, your {{ place.sender }} appointment is {{ start|on }}, {{ start|time }}, "
    "{% if mode == 'telephone' %}by phone{% elif mode == 'video' %}by video{% else %}{{ place.name }}{% endif %}. "
    "{% if can_answer %}Reply 1: coming, 2: new time, 3: not needed. Or call{% else %}Can't come? Call{% endif %} "
    "{{ place.phone }}."
)
PLAIN = BODY.replace("|on", "").replace("|time", "")
START = datetime(2026, 12, 1, 14, 30, tzinfo=ZoneInfo("Europe/London"))
FORM = Form(
    name="reminder",
    category="appointments",
    fields={"place": Field.PLACE, "start": Field.INSTANT, "mode": Choice(("in-person", "telephone", "video"))},
)
VALUES = {
    "first_name": "Ada",
    "place": {"name": "Riverside Health Centre", "phone": "01632 960001", "sender": "Riverside"},
    "start": START,
    "mode": "in-person",
    "can_answer": True,
    "now": START,
}


def row(name: str, number: int, work: Callable[[], object], base: float = 0.0) -> float:
    """One line: time a text, and the ratio to the first line of its table."""
    begun = time.perf_counter()
    for _ in range(number):
        work()
    each = (time.perf_counter() - begun) / number
    print(f"  {name:<44} {each * 1e6:>10,.1f} µs a text   {each / (base or each):>7.2f} x")
    return each


def main(number: int) -> None:
    """Run all tables."""
    seldom = max(number // 50, 1)
    raw = Environment(autoescape=False).from_string(PLAIN)  # noqa: S701 - a text message is no HTML

    def anew() -> None:
        grammar._compiled.cache_clear()  # noqa: SLF001 - what it spares is what is measured
        grammar.fill(BODY, VALUES, Language.ENGLISH)

    print(f"one text of {len(grammar.fill(BODY, VALUES, Language.ENGLISH))} characters")
    base = row("filled, compiled once", number, lambda: grammar.fill(BODY, VALUES, Language.ENGLISH))
    row("the same in Welsh", number, lambda: grammar.fill(BODY, VALUES, Language.WELSH), base)
    row("filled, compiled each time", seldom, anew, base)
    row("checked against its form, as when saved", seldom, lambda: grammar.check(BODY, FORM), base)
    row("converted from ((name))", seldom, lambda: grammar.convert(BODY + "((first name))"), base)
    row("Jinja alone, instants as Python prints them", number, lambda: raw.render(VALUES), base)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
