"""The invented patients' answers: the next text of each phone, by the texts that it received."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from services.cli.demo.personas import Turn
from services.sandbox.entries import SandboxText
from services.sandbox.ledger import Holder, Ledger
from shared.words.rules.asking import asked


class Talk:
    """The answers still to come from each phone. A turn waits for the earlier turns of its phone."""

    def __init__(self, turns: Iterable[Turn], ledger: Ledger) -> None:
        """Queue the turns of each phone, to answer the texts in this ledger."""
        self._ledger = ledger
        self._waiting: dict[str, list[Turn]] = {}
        self._spoke_at: dict[str, datetime] = {}
        for turn in turns:
            self._waiting.setdefault(turn.phone, []).append(turn)

    @property
    def unasked(self) -> list[Turn]:
        """Turns that no text has asked for yet."""
        return [turn for turns in self._waiting.values() for turn in turns]

    @property
    def next_at(self) -> datetime | None:
        """Time of the next answer to the texts so far; None where no answer is to come."""
        return min((at for _, at in self._coming()), default=None)

    def due(self, now: datetime) -> list[Turn]:
        """Take the turns that are due by now; each is given once."""
        spoken = [turn for turn, at in self._coming() if at <= now]
        for turn in spoken:
            self._waiting[turn.phone].remove(turn)
            self._spoke_at[turn.phone] = now
        return spoken

    def thread(self, phone: str) -> Sequence[SandboxText]:
        """All texts on a phone, oldest first."""
        return [text for text in self._ledger.held_by(Holder("sms", phone)) if isinstance(text, SandboxText)]

    def _coming(self) -> Iterator[tuple[Turn, datetime]]:
        for phone, turns in self._waiting.items():
            if turns:
                turn, earliest = turns[0], max(turns[0].not_before, self._spoke_at.get(phone, turns[0].not_before))
                asking = (text for text in self.thread(phone) if text.created_at >= earliest and asks(text, turn))
                yield from ((turn, text.created_at + turn.after) for text in list(asking)[:1])


def asks(text: SandboxText, turn: Turn) -> bool:
    """Whether a text is ours and asks for the turn's answer."""
    if text.direction != "outbound-api":
        return False
    told = asked(text.body)
    return turn.asked_for in told.tokens if turn.asked_for else bool(told.own_words)
