"""Patients who answer: what each phone texts next, by what it was texted. And each phone's whole conversation."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from services.cli.demo.personas import Turn
from services.sandbox.entries import SandboxText
from services.sandbox.ledger import Holder, Ledger
from shared.words.rules.asking import asked


class Talk:
    """Who is to say what. A turn waits for those before it on the same phone."""

    def __init__(self, turns: Iterable[Turn], ledger: Ledger) -> None:
        """Answers to the texts in this ledger."""
        self._ledger = ledger
        self._waiting: dict[str, list[Turn]] = {}
        self._spoke_at: dict[str, datetime] = {}
        for turn in turns:
            self._waiting.setdefault(turn.phone, []).append(turn)

    @property
    def unspoken(self) -> list[Turn]:
        """Turns that nobody has asked for yet."""
        return [turn for turns in self._waiting.values() for turn in turns]

    @property
    def next_at(self) -> datetime | None:
        """When the next answer comes, by the texts so far."""
        return min((at for _, at in self._coming()), default=None)

    def due(self, now: datetime) -> list[Turn]:
        """What is said by now; it is said once."""
        spoken = [turn for turn, at in self._coming() if at <= now]
        for turn in spoken:
            self._waiting[turn.phone].remove(turn)
            self._spoke_at[turn.phone] = now
        return spoken

    def thread(self, phone: str) -> Sequence[SandboxText]:
        """Everything on a phone, oldest first."""
        return [text for text in self._ledger.held_by(Holder("sms", phone)) if isinstance(text, SandboxText)]

    def _coming(self) -> Iterator[tuple[Turn, datetime]]:
        for phone, turns in self._waiting.items():
            if turns:
                turn, earliest = turns[0], max(turns[0].not_before, self._spoke_at.get(phone, turns[0].not_before))
                asking = (text for text in self.thread(phone) if text.created_at >= earliest and asks(text, turn))
                yield from ((turn, text.created_at + turn.after) for text in list(asking)[:1])


def asks(text: SandboxText, turn: Turn) -> bool:
    """Whether a text of ours asks for that answer."""
    if text.direction != "outbound-api":
        return False
    told = asked(text.body)
    return turn.asked_for in told.tokens if turn.asked_for else bool(told.own_words)
