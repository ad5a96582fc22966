"""Whatever clinics publish and patients answer, and whenever delivery comes round, some things hold of every plan."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.followup.forms import FORMS
from services.followup.messages import FollowUpKind
from services.followup.rules import plan
from shared.clinic.appointment import AppointmentStatus
from shared.clinic.goal import Goal, GoalStatus
from shared.rules import task_requests
from shared.rules.plan import Message
from shared.schedule.states import Why
from shared.words.forms import misfits
from tests.followup.fixtures import LONDON, PLACES, POLICY, Ward

FORM = {form.name: form for form in FORMS}
QUESTIONS = {FollowUpKind.GOAL, FollowUpKind.AGAIN}
BEGINS = datetime(2026, 12, 7, 8, tzinfo=LONDON)  # so that Christmas lies within
DAYS = [date(2026, 12, day) for day in (8, 9, 10, 14, 24, 30)]
CLINICS = ["MSK", "MSK", "HILL", "LATER", "ASK", "AZORES"]


@dataclass(frozen=True)
class OfGoal:
    """A goal event."""

    id: str
    status: GoalStatus | None
    review_on: date | None
    confidence: int | None
    clinic: str


@dataclass(frozen=True)
class OfVisit:
    """An appointment event."""

    id: str
    status: AppointmentStatus
    day: date
    clinic: str
    brought_by_others: bool


@dataclass(frozen=True)
class Delivered:
    """A round of delivery: what is due is claimed, by text or as an e-mail, or the provider is slow."""

    claims: tuple[bool, ...]
    by_text: bool


@dataclass(frozen=True)
class Answered:
    """A text about the last message, or one before it."""

    answer: str
    of: int
    quiet: bool


@dataclass(frozen=True)
class Closed:
    """A person closes a task."""

    outcome: str


Step = OfGoal | OfVisit | Delivered | Answered | Closed
History = list[tuple[timedelta, Step]]
"""What happens, and how long after what happened before."""

steps = st.one_of(
    st.builds(
        OfGoal,
        id=st.sampled_from(["g1", "g1", "g2", "g3"]),
        status=st.sampled_from([GoalStatus.ACTIVE] * 8 + [*GoalStatus, None]),
        review_on=st.sampled_from([None, *DAYS]),
        confidence=st.sampled_from([None, 3, 8]),
        clinic=st.sampled_from(CLINICS),
    ),
    st.builds(
        OfVisit,
        id=st.sampled_from(["a1", "a2"]),
        status=st.sampled_from([AppointmentStatus.NOSHOW] * 4 + [*AppointmentStatus]),
        day=st.sampled_from(DAYS),
        clinic=st.sampled_from(CLINICS),
        brought_by_others=st.sampled_from([False, False, True]),
    ),
    st.builds(
        Delivered, st.lists(st.sampled_from([True, True, False]), min_size=6, max_size=6).map(tuple), st.booleans()
    ),
    st.builds(Delivered, st.just((True,) * 6), st.just(True)),
    st.builds(
        Answered,
        st.sampled_from(["A", "B", "C", "C", "SURE 4", "SURE 9", "TALK", "2", "3", "own words"]),
        st.integers(0, 3),
        st.booleans(),
    ),
    st.builds(Closed, st.sampled_from(["done", "not_needed"])),
)
gaps = st.one_of(
    st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(1, 6 * 24).map(lambda hours: timedelta(hours=hours)),
)
histories = st.lists(st.tuples(gaps, steps), min_size=2, max_size=24)


class Story(Ward):
    """A ward to which a history happens. As in life, a claim doesn't plan the patient again; all else does."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.now = BEGINS
        self.claimed: list[tuple[datetime, Message, bool]] = []
        self._schedule: list[Message] = []
        for gap, step in history:
            self._pass(gap)
            at = f"{self.now.astimezone(LONDON):%Y-%m-%d %H:%M}"
            match step:
                case OfGoal(id, None):
                    self.deletes(at, id)
                case OfGoal():
                    data = {"review_on": step.review_on, "confidence": step.confidence, "status": step.status}
                    self.goal(at, "2026-12-01", step.id, step.clinic, **data)
                case OfVisit():
                    start = f"{step.day} 11:00"
                    brought = step.brought_by_others
                    self.visit(at, start, step.status, step.id, step.clinic, brought_by_others=brought)
                case Delivered():
                    self._deliver(step)
                    continue
                case Answered() if self.claimed:
                    self._answer(step)
                case Closed() if found := self.plan().task_requests:
                    self.close(found[0], at, step.outcome)
            self._reconcile()

    def _pass(self, gap: timedelta) -> None:
        """Time passes, and wake-ups come true when they are due."""
        until = self.now + gap
        while due := [w.at for w in self.plan().wakeups if w.at <= until and self.woken.get(w.key) != w.at]:
            self.wait_until(max(self.now, min(due)))
            self._reconcile()
        self.now = until

    def _reconcile(self) -> None:
        self._schedule = self.to_come()

    def _deliver(self, step: Delivered) -> None:
        due = [message for message in self._schedule if message.send_at <= self.now < message.expires_at]
        for message, claims in zip(sorted(due, key=lambda m: (m.send_at, m.key)), step.claims, strict=False):
            if claims:
                self._schedule.remove(message)
                self.claim(message, self.now, asked=step.by_text)
                self.claimed.append((self.now, message, step.by_text))

    def _answer(self, step: Answered) -> None:
        """Delivery takes what the message understands, while it is open."""
        _, message, by_text = self.claimed[-1 - step.of % len(self.claimed)]
        form, word = FORM[message.template], step.answer.split()[0]
        understood = word in form.answers or (form.open_question and word == "own")
        if by_text and understood and self.now < (message.answers_until or message.expires_at):
            thing = next(iter(message.says))
            last = self.sayings[thing]
            self.sayings[thing] = [s for s in last if s.message_id == message.id("followup")]
            self.answers(self.now, step.answer, thing, quiet=step.quiet)
            self.sayings[thing] = last


@given(histories)
def test_every_plan_is_sound(history: History) -> None:
    """Each message fits its form, has a key of its own, and time to go; questions are due in the window."""
    story = Story(history)
    wants = story.plan()
    for keyed in (wants.messages, wants.wakeups, wants.responses, tuple(request.id for request in wants.task_requests)):
        keys = [getattr(one, "key", one) for one in keyed]
        assert len(set(keys)) == len(keys)
    for message in wants.messages:
        assert misfits(FORM[message.template], message.data) == ()
        assert message.send_at < message.expires_at
        if message.reply_to is None:
            zone = PLACES.zone(message.places[0], LONDON)
            assert POLICY.window(zone).is_open(message.send_at)
        assert FORM[message.template].answers or message.answers_until is None
    for request in wants.task_requests:
        assert request.due_at <= request.expires_at


@given(histories)
def test_a_round_is_asked_about_once_and_once_again(history: History) -> None:
    """Never twice with the same words."""
    story = Story(history)
    asked = [
        (message.kind, thing, said["round"])
        for _, message, _ in story.claimed
        if message.kind in QUESTIONS
        for thing, said in message.says.items()
    ]
    assert len(asked) == len(set(asked))


@given(histories)
def test_no_two_questions_about_different_goals_are_open_at_once(history: History) -> None:
    """An answer never has to be guessed: the later question came when the earlier one was closed, or replaced it."""
    story = Story(history)
    questions = [(at, message) for at, message, by_text in story.claimed if by_text and message.kind in QUESTIONS]
    for (_, earlier), (later_at, later) in combinations(questions, 2):
        of_one_round = any(earlier.says.get(thing) == said for thing, said in later.says.items())
        assert (
            of_one_round
            or earlier.says.keys() <= later.says.keys()
            or (earlier.answers_until is not None and later_at >= earlier.answers_until)
        )


@given(histories)
def test_only_goals_that_are_pursued_are_asked_about(history: History) -> None:
    """Of all others nothing is wanted, but a call to whoever asked for one afterwards."""
    story = Story(history)
    active = {fact.thing for fact, goal in story.seen().of(Goal) if goal.status is GoalStatus.ACTIVE}
    for message in story.to_come():
        if message.kind in QUESTIONS:
            assert set(message.says) <= active
    for request in story.plan().task_requests:
        if request.kind == task_requests.TaskKind.SUPPORT_NEEDED:
            assert active.intersection(request.things) or request.why == Why.ASKED_TO_TALK


@given(histories)
def test_one_reason_to_call_about_a_round(history: History) -> None:
    """Nobody is called twice about one thing: a round has one task at a time."""
    found = [
        request
        for request in Story(history).plan().task_requests
        if request.kind == task_requests.TaskKind.SUPPORT_NEEDED
    ]
    rounds = [request.key.partition("/talk")[0].partition("/low")[0].partition("/silent")[0] for request in found]
    assert len(rounds) == len(set(rounds))


@given(histories)
def test_every_answer_is_told_and_acknowledged_once_at_most(history: History) -> None:
    """Each text has one acknowledgement at most, and tells the clinic something or asks for a call."""
    story = Story(history)
    wants = story.plan()
    texts = [message.reply_to for message in wants.messages if message.reply_to]
    assert len(texts) == len(set(texts))
    for reply in story.replies:
        if reply.token != "TALK":  # noqa: S105 - a token
            assert any(response.key.endswith(reply.id) for response in wants.responses)
        assert not (reply.quiet and reply.id in texts)


@given(histories, st.randoms())
def test_the_same_facts_are_the_same_plan(history: History, random: Random) -> None:
    """A plan depends on nothing but the facts, and not on the order in which they are given."""
    story = Story(history)
    seen = story.seen()
    things, replies = list(seen.things), list(seen.replies)
    random.shuffle(things)
    random.shuffle(replies)
    again = plan(replace(seen, things=tuple(things), replies=tuple(replies)), story.told(), POLICY)
    assert again == story.plan()


@given(histories)
def test_waiting_ends(history: History) -> None:
    """However long nothing happens, wake-ups come to an end."""
    story = Story(history)
    story.wait("2028-01-01 09:00")
    assert [wakeup for wakeup in story.plan().wakeups if story.woken.get(wakeup.key) != wakeup.at] == []
