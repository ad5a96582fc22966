"""After an answer: messages that are still to come know of it, and its acknowledgement is no news."""

from datetime import timedelta
from typing import Any

import pytest

from services.prompts.messages import PromptKind
from services.prompts.visits import ANSWER
from shared.rules.plan import Message
from tests.prompts.fixtures import SOURCE, Ward, london
from tests.prompts.texting import LONG_AGO, THING, A, B, C, answered, asked

ACKNOWLEDGEMENTS = (PromptKind.COMING, PromptKind.NEW_TIME, PromptKind.NOT_NEEDED, PromptKind.LIST)


class TestWhatIsStillToCome:
    """Messages after an answer."""

    @pytest.mark.parametrize(
        ("answers", "agenda", "wish", "has_list"),
        [
            pytest.param([], True, "none", False, id="no answer"),
            pytest.param(["2"], False, "new_time", False, id="a new time"),
            pytest.param(["3"], False, "not_needed", False, id="not needed"),
            pytest.param(["3", "1"], True, "none", False, id="coming after all"),
            pytest.param(["My back"], False, "none", True, id="a list"),
            pytest.param(["My back", "2"], False, "new_time", True, id="a list and a new time"),
        ],
    )
    def test_of_one(self, answers: list[str], agenda: bool, wish: str, has_list: bool) -> None:
        """Who asked for another time, or has sent a list, is not asked for one; the reminder knows of both."""
        ward = asked().says("2026-12-01 17:00", C).tell("moved", "2026-12-01 17:01")  # its agenda is still to come
        for hour, what in enumerate(answers, start=8):
            ward.answers(what, f"2026-12-02 {hour:02}:00")
        kinds = [message.kind for message in ward.plan().messages if not message.reply_to]
        assert kinds == (["agenda", "reminder"] if agenda else ["reminder"])
        data = ward.wanted("reminder").data
        assert (data["wish"], data["has_list"]) == (wish, has_list)

    def test_of_several(self) -> None:
        """Where one of two was answered, only the other is asked about; the reminder of both knows of it."""
        ward = asked().says("2026-12-01 17:00", C).tell("moved", "2026-12-01 17:01").answers("2", "2026-12-02 12:00")
        ward.says("2026-12-03 12:00", "2026-12-22 15:00", id="1002")
        assert list(ward.wanted("agenda").says) == [f"{SOURCE}/appointment/1002"]
        reminder = ward.wanted("reminder")
        assert (reminder.template, len(reminder.says)) == ("reminder.several", 2)
        assert (reminder.data["asked"], reminder.data["has_list"]) == (True, False)
        ward.answers("My back", "2026-12-03 13:00")
        assert ward.wanted("reminder").data["has_list"]

    @pytest.mark.parametrize(
        ("ward", "kind", "until", "instead"),
        [
            pytest.param(Ward().says(LONG_AGO, A), "agenda", A, True, id="agenda"),
            pytest.param(Ward().says(LONG_AGO, A), "reminder", A, False, id="reminder"),
            pytest.param(Ward().says("2026-12-07 12:00", A), "short_notice", A, True, id="short notice"),
            pytest.param(asked().says("2026-12-02 12:00", B), "moved", B, False, id="moved"),
            pytest.param(asked().says("2026-12-02 12:00", A, status="cancelled"), "cancelled", None, False, id="off"),
            pytest.param(
                asked()
                .says("2026-12-02 12:00", A, status="cancelled")
                .tell("cancelled", "2026-12-02 12:01")
                .says("2026-12-02 13:00", A),
                "reinstated",
                A,
                False,
                id="back on",
            ),
            pytest.param(asked().answers("2", "2026-12-02 12:00"), "answer.new_time", A, False, id="a new time"),
            pytest.param(asked().answers("3", "2026-12-02 12:00"), "answer.not_needed", A, False, id="not needed"),
            pytest.param(asked().answers("1", "2026-12-02 12:00"), "answer.coming", None, False, id="coming"),
            pytest.param(asked().answers("Sleep", "2026-12-02 12:00"), "answer.list", None, False, id="a list"),
            pytest.param(
                Ward().says(LONG_AGO, "2026-12-08 15:00").says(LONG_AGO, A, id="1002"), "agenda", A, True, id="several"
            ),
            pytest.param(
                Ward().says(LONG_AGO, "2026-12-08 15:00").says(LONG_AGO, A, id="1002"),
                "reminder",
                A,
                False,
                id="several: asks whether they can make them all",
            ),
        ],
    )
    def test_until_when_it_can_be_answered(self, ward: Ward, kind: str, until: str | None, instead: bool) -> None:
        """What asks can be answered until the first appointment begins; a person asks for agendas alone instead."""
        message = ward.wanted(kind)
        assert message.answers_until == (london(until) if until else None)
        assert message.ask_instead is instead


class TestAcknowledgements:
    """How they go, and that they are no news."""

    @pytest.mark.parametrize("what", ["1", "2", "3", "My back"])
    def test_they_answer_at_once(self, what: str) -> None:
        """Due when the text came, of use for two hours, to the phone that wrote; what was asked before stays asked."""
        ward = asked().answers(what, "2026-12-02 23:00")
        (message,) = [message for message in ward.plan().messages if message.reply_to]
        assert (message.send_at, message.expires_at) == (london("2026-12-02 23:00"), london("2026-12-03 01:00"))
        assert (message.reply_to, message.category, message.calendar) == ("SM1", "appointments", ())
        assert message.key.endswith("/SM1")
        assert message.says == {THING: ward.told().about(THING)[0].said}

    @pytest.mark.parametrize("what", ["1", "2", "3", "My back"])
    def test_they_say_what_was_answered(self, what: str) -> None:
        """Another code of the same site is no news: an acknowledgement says the old one, so the question stays open."""
        ward = asked().answers(what, "2026-12-02 12:00").says("2026-12-02 12:01", A, clinic="MSK-2")
        (message,) = [message for message in ward.plan().messages if message.reply_to]
        assert message.says == {THING: ward.told().about(THING)[0].said}

    def test_none_once_it_has_begun(self) -> None:
        """Ten minutes before the start, an acknowledgement is of use for ten minutes."""
        (message,) = answered(("2026-12-08 08:50", "1")).plan().messages
        assert message.expires_at == london(A)

    @pytest.mark.parametrize("kind", ACKNOWLEDGEMENTS)
    def test_rules_know_them_by_their_kind(self, kind: PromptKind) -> None:
        """All of them, and nothing else, are left out of what the patient was told."""
        assert kind.startswith(ANSWER)
        assert not [other for other in PromptKind if other not in ACKNOWLEDGEMENTS and other.startswith(ANSWER)]

    @pytest.mark.parametrize("what", ["1", "2", "3", "My back"])
    @pytest.mark.parametrize(
        "then",
        [
            pytest.param(lambda ward: ward, id="nothing"),
            pytest.param(lambda ward: ward.says("2026-12-03 12:00", B), id="moved"),
            pytest.param(lambda ward: ward.says("2026-12-03 12:00", A, mode="video"), id="now by video"),
            pytest.param(lambda ward: ward.says("2026-12-03 12:00", A, clinic="HILL"), id="another site"),
            pytest.param(lambda ward: ward.says("2026-12-03 12:00", A, status="cancelled"), id="cancelled"),
            pytest.param(lambda ward: ward.deletes("2026-12-03 12:00"), id="gone"),
            pytest.param(lambda ward: ward.says("2026-12-08 12:00", C), id="booked anew"),
        ],
    )
    def test_they_are_no_news(self, what: str, then: Any) -> None:
        """The whole plan is the same whether they were sent or not: distances, notices, keys, calendar entries."""
        sent, unsent = (asked().answers(what, "2026-12-02 12:00") for _ in range(2))
        for message in sent.plan().messages:
            if message.reply_to:
                sent.claim(message, london("2026-12-02 12:01"))
        assert len(sent.told().about(THING)) == len(unsent.told().about(THING)) + 1
        assert then(sent).plan() == then(unsent).plan()

    def test_the_reminder_keeps_its_time(self) -> None:
        """An answer the day before a reminder does not put it off: 48 hours count from news."""
        ward = asked().answers("2", "2026-12-03 18:00")
        before = ward.wanted("reminder")
        after: Message = ward.tell("answer.new_time", "2026-12-03 18:00").wanted("reminder")
        assert after == before
        assert after.send_at - london("2026-12-03 18:00") < timedelta(hours=48)
