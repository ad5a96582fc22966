"""Whatever patients answer, and whatever clinics publish meanwhile, some things hold of every plan."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.prompts.messages import PromptKind
from services.prompts.rules import plan
from services.prompts.visits import ANSWER, BOOKED, visits
from shared.clinic.appointment import Appointment
from shared.replies.answer_tokens import TOKENS
from shared.rules.plan import Facts, Message, Plan, SentHistory
from shared.rules.reply import Done, Reply
from shared.rules.task_requests import TaskRequest
from tests.prompts.fixtures import PLACES, POLICY, patient_id
from tests.prompts.test_histories import Story, delivered, gaps, published

NEWS_OF_ANSWERS = ("wish", "has_list", "asked")


@dataclass(frozen=True)
class Texted:
    """Somebody answers a message that was sent: which, counted from the last, and what."""

    back: int
    what: str
    quiet: bool
    erased: bool
    planner: str


@dataclass(frozen=True)
class SeenTo:
    """A person closes the first task that is wanted."""

    outcome: str


texted = st.builds(
    Texted,
    back=st.sampled_from([0, 0, 0, 1, 2, 5]),
    what=st.sampled_from([*"1122233", *TOKENS, "My back", "My back\nSleep", ""]),
    quiet=st.sampled_from([False, False, False, True]),
    erased=st.sampled_from([False] * 5 + [True]),
    planner=st.sampled_from(["prompts"] * 7 + ["followup"]),
)
seen_to = st.builds(SeenTo, outcome=st.sampled_from(["done", "in_vain", "not_needed"]))
conversations = st.lists(
    st.tuples(gaps, st.one_of(published, delivered, delivered, texted, texted, seen_to)), min_size=3, max_size=24
)
Conversation = list[tuple[Any, Any]]


class Talk(Story):
    """A story in which the patient answers."""

    def happens(self, step: Any) -> None:
        """One thing after another."""
        if isinstance(step, Texted):
            self.text(step)
        elif isinstance(step, SeenTo):
            for request in self.plan().task_requests[:1]:
                self.done[request.id] = Done(step.outcome, self.now)
        else:
            super().happens(step)

    def text(self, step: Texted) -> None:
        """A text comes, and p1 is planned again."""
        if not self.claimed:
            return
        _, message = self.claimed[max(-1 - step.back, -len(self.claimed))]
        said = {thing: {} if step.erased else says for thing, says in message.says.items()}
        about: dict[str, Any] = {"message_id": message.id("prompts"), "kind": message.kind, "said": said}
        self.texts(step.what, self.now, **about, quiet=step.quiet, planner=step.planner)
        self.replan()

    def facts_of(self) -> Facts:
        """Those of p1."""
        who = patient_id("p1")
        return Facts(
            patient=str(who),
            things=tuple(self.mine.values()),
            places=PLACES,
            woken={},
            replies=tuple(self.replies.get(who, ())),
            done=self.done,
        )


@given(conversations)
def test_every_plan_is_sound(conversation: Conversation) -> None:
    """Keys are their own; only known texts are acknowledged, told of and worked on; nothing quiet is acknowledged."""
    talk = Talk(conversation)
    wanted, replies = talk.plan(), {reply.id: reply for reply in talk.replies.get(patient_id("p1"), ())}
    for of_kind in (wanted.messages, wanted.task_requests, wanted.responses):
        assert len({one.key for one in of_kind}) == len(of_kind)
    for message in wanted.messages:
        assert (message.reply_to is None) != message.kind.startswith(ANSWER)
        assert message.send_at < message.expires_at
        if message.reply_to:
            assert not replies[message.reply_to].quiet
            assert message.send_at == replies[message.reply_to].at
            assert not message.calendar
    for response in wanted.responses:
        reply = replies[response.key.rpartition("/")[2]]
        assert response.at == reply.at
        assert not set(response.things).isdisjoint(reply.said) or reads_the_same(talk, response.things, reply)
        assert reply.planner == "prompts"


@given(conversations)
def test_an_appointment_wants_one_task_at_most(conversation: Conversation) -> None:
    """Never both; none once it is off or over, nor of an answer that came after it began."""
    talk = Talk(conversation)
    wanted = of_texts(talk.plan())
    assert len({request.things for request in wanted}) == len(wanted)
    for request in wanted:
        thing = request.things[0]
        data = talk.mine[thing].data
        assert isinstance(data, Appointment)
        assert data.status in BOOKED
        assert data.start == request.expires_at
        (reply,) = [reply for reply in talk.replies[patient_id("p1")] if reply.id == request.text_id]
        assert reply.at <= request.due_at <= request.expires_at


@given(conversations)
def test_acknowledgements_are_no_news(conversation: Conversation) -> None:
    """The whole plan is the same as if none of them had ever been sent."""
    talk = Talk(conversation)
    sayings = talk.told().sayings.items()
    others = {thing: tuple(one for one in said if not one.kind.startswith(ANSWER)) for thing, said in sayings}
    assert plan(talk.facts_of(), SentHistory(others), POLICY) == talk.plan()


@given(conversations)
def test_answers_change_what_is_meant_and_nothing_else(conversation: Conversation) -> None:
    """Notices stay as they are; reminders keep time and key, and know more; agendas at most ask of fewer."""
    talk = Talk(conversation)
    facts = talk.facts_of()
    silent = plan(replace(facts, replies=()), talk.told(), POLICY)
    heard = [message for message in talk.plan().messages if not message.reply_to]
    assert (of_texts(silent), silent.responses) == ([], ())
    assert [unknowing(message) for message in heard if message.kind != PromptKind.AGENDA] == [
        unknowing(message) for message in silent.messages if message.kind != PromptKind.AGENDA
    ]
    asked_of = {thing for message in heard if message.kind == PromptKind.AGENDA for thing in message.says}
    assert asked_of <= {
        thing for message in silent.messages if message.kind == PromptKind.AGENDA for thing in message.says
    }


@given(conversations)
def test_only_what_stands_is_known(conversation: Conversation) -> None:
    """A reminder speaks of a request exactly where a person has the task of it."""
    talk = Talk(conversation)
    wanted = talk.plan()
    requested = {thing for request in of_texts(wanted) for thing in request.things}
    for message in wanted.messages:
        if message.kind == PromptKind.REMINDER:
            asked = message.data["asked"] if "asked" in message.data else message.data["wish"] != "none"
            assert asked == bool(requested & set(message.says))


@given(conversations, st.sampled_from(["1", "2", "3", "My back"]))
def test_an_event_stays_as_it_was(conversation: Conversation, what: str) -> None:
    """What the clinic is told of a text says what stood when it came: a later one changes nothing of it."""
    talk = Talk(conversation)
    before = {response.key: response for response in talk.plan().responses}
    talk.text(Texted(0, what, quiet=False, erased=False, planner="prompts"))
    after = {response.key: response for response in talk.plan().responses}
    assert after | before == after


def unknowing(message: Message) -> Message:
    """The same message, without what it knows of answers."""
    data = {name: value for name, value in message.data.items() if name not in NEWS_OF_ANSWERS}
    return replace(message, data=data)


def of_texts(wanted: Plan) -> list[TaskRequest]:
    """The tasks that a patient's text brings; a booking brings its own."""
    return [request for request in wanted.task_requests if request.text_id is not None]


def reads_the_same(talk: Talk, things: Iterable[str], reply: Reply) -> bool:
    """Whether these things stand where and when the answered message said that others do."""
    said = {(of["minute"], of["mode"]) for of in reply.said.values() if "minute" in of}
    now = {v.thing: v for v in visits(talk.facts_of(), talk.told(), POLICY)}
    return all((now[one].arranged.minute.isoformat(timespec="minutes"), now[one].mode.value) in said for one in things)
