"""How long a text message takes to be made fit for GSM-7 and counted, beside smsutil's count.

    .venv/bin/python benchmarks/sms.py

Microseconds, the best of several rounds. Longest to send: 459 characters, three segments; longest at Twilio: 1,600.
"""

import timeit
from collections.abc import Callable

import smsutil  # type: ignore[import-untyped]

from shared.words.sms import count, sanitise

OURS = (
    "Siobhán, you have an appointment on Wednesday 30 September at 12.30pm–1.15pm, Riverside and Hillside Community "  # noqa: RUF001 as typed
    "Centres. What do you most want to talk about? Text us back. We don’t read texts straight away… "  # noqa: RUF001 as typed
)
TEXTS = {
    "plain": OURS.replace("á", "a").replace("–", "-").replace("’", "'").replace("…", "..."),  # noqa: RUF001 the same
    "with accents and typed quotes": OURS,
    "every character outside GSM-7": "áçîôłœ–’…ệ",  # noqa: RUF001 the same
    "Welsh": OURS + "tŷ dŵr ",
    "extension table": "€[]{}",
    "emoji": "🙂",
    "emoji of several": "👩🏽\u200d⚕️❤️\u200d🔥",
    "invisible between letters": "a\u200bb\u00ad\u202e",
    "decomposed": "e\u0301a\u0302",
    "ellipses, dearer in GSM-7": "…",
}
ROUNDS, CALLS = 15, 200


def microseconds(work: Callable[[], object]) -> float:
    """The best round, for one call."""
    return min(timeit.repeat(work, number=CALLS, repeat=ROUNDS)) / CALLS * 1e6


def main() -> None:
    """A table for each length."""
    for length in (459, 1600):
        print(f"{length} characters{'':<24} {'sanitise':>10} {'count':>8} {'both':>8} {'smsutil':>9}   billed as")
        for name, pattern in TEXTS.items():
            text = (pattern * (length // len(pattern) + 1))[:length]
            sent = sanitise(text)
            times = (
                microseconds(lambda text=text: sanitise(text)),
                microseconds(lambda sent=sent: count(sent)),
                microseconds(lambda text=text: count(sanitise(text))),
                microseconds(lambda sent=sent: smsutil.split(sent)),
            )
            billed = count(sent)
            print(
                f"  {name:<36} {times[0]:>10.1f} {times[1]:>8.1f} {times[2]:>8.1f} {times[3]:>9.1f}"
                f"   {billed.encoding}, {billed.segments}"
            )


if __name__ == "__main__":
    main()
