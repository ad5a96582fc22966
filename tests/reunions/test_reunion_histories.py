"""Whatever is published and answered, and whenever delivery comes round, some things hold of every plan."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from services.reunions.forms import FORMS
from services.reunions.messages import KIND_OF_STATUS, ReunionKind
from services.reunions.rules import plan
from shared.clinic.courses import Reunion
from shared.rules.plan import Message
from shared.words.forms import misfits
from tests.reunions.fixtures import LONDON, POLICY, THING, Ward

FORM = {form.name: form for form in FORMS}
BEGINS = datetime(2026, 10, 27, 17, tzinfo=LONDON)
"""The invitation is due since that day."""


@dataclass(frozen=True)
class OfReunion:
    """A reunion event."""

    start: str
    capacity: int
    clinic: str
    status: str


@dataclass(frozen=True)
class OfEnrolment:
    """An enrolment event."""

    attended: int


@dataclass(frozen=True)
class Answered:
    """The patient texts."""

    answer: str
    quiet: bool


@dataclass(frozen=True)
class Other:
    """Somebody else does."""

    who: str
    answer: str


@dataclass(frozen=True)
class Delivered:
    """A round of delivery: what is due is claimed, or the provider is slow."""

    claims: tuple[bool, ...]


Step = OfReunion | OfEnrolment | Answered | Other | Delivered
History = list[tuple[timedelta, Step]]
"""What happens, and how long after what happened before."""

everything = st.just(Delivered((True,) * 6))
steps = st.one_of(
    st.builds(
        OfReunion,
        st.sampled_from(["2026-12-08 14:00", "2026-12-08 14:00", "2026-12-14 10:00"]),
        st.sampled_from([2, 3, 2, 5]),
        st.sampled_from(["ELM", "ELM", "ELM-2", "HILL"]),
        st.sampled_from(["planned", "planned", "planned", "cancelled"]),
    ),
    st.builds(OfEnrolment, st.sampled_from([7, 6, 3])),
    st.builds(
        Answered, st.sampled_from(["IN", "IN", "IN 2", "IN 3", "OUT", "LATER"]), st.sampled_from([False, False, True])
    ),
    st.builds(Answered, st.just("IN"), st.just(value=False)),
    st.builds(Other, st.sampled_from(["p2", "p3", "p4"]), st.sampled_from(["IN", "IN", "IN 2", "OUT"])),
    st.builds(Delivered, st.lists(st.booleans(), min_size=6, max_size=6).map(tuple)),
    st.just(Other("p2", "OUT")),
    everything,
    everything,
    everything,
)
gaps = st.one_of(
    st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(1, 3 * 24).map(lambda hours: timedelta(hours=hours)),
)
histories = st.lists(st.tuples(gaps, steps), min_size=4, max_size=24)


class Story(Ward):
    """A ward to which a history happens."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.course("2026-09-01 12:00").enrols("2026-09-01 12:00")
        self.reunion("2026-09-01 12:00", most_in_party=2)
        self.claimed: list[tuple[datetime, Message]] = []
        self.wait_until(BEGINS)
        self.deliver((True,))
        if len(history) % 3:  # two out of three begin with a list that is full
            self.other(f"{self.now.astimezone(LONDON):%Y-%m-%d %H:%M}", "IN 2", "p2")
        for gap, step in history:
            self.wait_until(self.now + gap)
            at = f"{self.now.astimezone(LONDON):%Y-%m-%d %H:%M}"
            match step:
                case OfReunion(start, capacity, clinic, status):
                    self.reunion(at, start, capacity=capacity, clinic=clinic, status=status, most_in_party=2)
                case OfEnrolment(attended):
                    self.enrols(at, attended)
                case Answered(answer, quiet) if self._is_asked():
                    self.answer(at, answer, quiet=quiet)
                case Other(who, answer):
                    self.other(at, answer, who)
                case Delivered(claims):
                    self.deliver(claims)

    def deliver(self, claims: tuple[bool, ...]) -> None:
        """A round of delivery."""
        due = [message for message in self.to_come() if message.send_at <= self.now]
        for message, claimed in zip(sorted(due, key=lambda m: (m.send_at, m.key)), claims, strict=False):
            if claimed:
                self.claim(message, self.now)
                self.claimed.append((self.now, message))

    def catch_up(self) -> None:
        """Three hours without anything but delivery."""
        for _ in range(3):
            self.wait_until(self.now + timedelta(hours=1))
            self.deliver((True,) * 6)

    def _is_asked(self) -> bool:
        """Whether the last message of all takes an answer still."""
        if not self.claimed:
            return False
        message = self.claimed[-1][1]
        return bool(FORM[message.template].answers) and self.now < (message.answers_until or message.expires_at)


@given(histories)
def test_every_plan_is_sound(history: History) -> None:
    """Each message fits its form, has a key of its own, time to go, and until when it may be answered."""
    story = Story(history)
    wants = story.plan()
    for keyed in (wants.messages, wants.wakeups, wants.responses):
        assert max(Counter(one.key for one in keyed).values(), default=1) == 1
    for message in wants.messages:
        assert misfits(FORM[message.template], message.data) == ()
        assert message.send_at < message.expires_at
        assert str(story.seen().patient) in message.key
        assert FORM[message.template].answers or message.answers_until is None
    assert wants.task_requests == ()


REFUSED_LATE: History = [
    (timedelta(minutes=1), Answered("IN", quiet=False)),
    (timedelta(minutes=1), Answered("IN", quiet=False)),
    (timedelta(minutes=1), OfEnrolment(7)),
    (timedelta(hours=2), Answered("IN 3", quiet=False)),
]
"""A party is refused as the news goes that somebody waits: the refusal says again what its question said before."""


@given(histories)
@example(REFUSED_LATE)
def test_everybody_is_told_their_last_state(history: History) -> None:
    """Once delivery has caught up, what was last told is where they stand; and nothing more is to be told at once."""
    story = Story(history)
    story.catch_up()
    fact = story.facts[THING, next(patient for thing, patient in story.facts if thing == THING)]
    assert isinstance(fact.data, Reunion)
    seat = story.seat
    if seat is not None and fact.data.status == "planned" and story.now < fact.data.start:
        said = [saying for saying in story.sayings[THING] if saying.kind != ReunionKind.PARTY][-1].said
        assert (said["standing"], said["party"], said["since"]) == (seat.standing.value, seat.party, seat.since)
    assert [m for m in story.to_come() if m.send_at <= story.now] == []


@given(histories)
def test_nobody_is_told_twice(history: History) -> None:
    """The same state is told again only to whoever wrote again, or heard of another time or a cancellation between."""
    story = Story(history)
    story.catch_up()
    tells = frozenset(KIND_OF_STATUS.values())
    for (earlier_at, earlier), (_, later) in zip(story.claimed, story.claimed[1:], strict=False):
        if earlier.kind in tells and earlier.kind == later.kind and earlier.says == later.says:
            assert any(reply.id == later.reply_to for reply in story.replies if reply.at > earlier_at) or (
                later.kind == ReunionKind.CLOSED
            )


@given(histories)
def test_a_state_is_told_on_its_own_once(history: History) -> None:
    """Beside acknowledgements each state is told once, and once more for each cancellation or move between."""
    story = Story(history)
    story.catch_up()
    kinds = Counter(message.kind for _, message in story.claimed)
    told = Counter(
        (message.kind, str(message.says[THING]["since"]), str(message.says[THING]["party"]))
        for _, message in story.claimed
        if message.kind in KIND_OF_STATUS.values() and message.reply_to is None and message.data.get("news") != "moved"
    )
    assert max(told.values(), default=0) <= 1 + kinds[ReunionKind.CANCELLED] + kinds[ReunionKind.MOVED]


@given(histories)
def test_one_invitation(history: History) -> None:
    """Nobody is invited twice, or asked twice once more, unless it was cancelled meanwhile."""
    story = Story(history)
    kinds = Counter(message.kind for _, message in story.claimed)
    assert kinds[ReunionKind.INVITATION] <= 1 + kinds[ReunionKind.CANCELLED]
    assert kinds[ReunionKind.AGAIN] <= 1 + kinds[ReunionKind.CANCELLED]


@given(histories)
def test_every_answer_is_heard_and_acknowledged_once_at_most(history: History) -> None:
    """The clinic hears each of them once; each text has one acknowledgement at most, and a quiet one has none."""
    story = Story(history)
    responses = story.responses()
    assert [response.key for response in responses] == [f"reunion.rsvp/{reply.id}" for reply in story.replies]
    texts = Counter(message.reply_to for _, message in story.claimed if message.reply_to)
    assert max(texts.values(), default=1) == 1
    assert not texts.keys() & {reply.id for reply in story.replies if reply.quiet}


@given(histories, st.randoms())
def test_the_same_facts_are_the_same_plan(history: History, random: Random) -> None:
    """A plan depends on nothing but the facts, and not on the order in which they are given."""
    story = Story(history)
    story.settle()
    seen = story.seen()
    things, shared_things, replies = list(seen.things), list(seen.shared_things), list(seen.replies)
    for those in (things, shared_things, replies):
        random.shuffle(those)
    shuffled = replace(seen, things=tuple(things), shared_things=tuple(shared_things), replies=tuple(replies))
    assert plan(shuffled, story.told(), POLICY) == story.plan()


@given(histories)
def test_waiting_ends(history: History) -> None:
    """However long nothing happens, wake-ups come to an end."""
    story = Story(history)
    story.wait("2028-01-01 09:00")
    assert [wakeup for wakeup in story.plan().wakeups if story.woken.get(wakeup.key) != wakeup.at] == []
