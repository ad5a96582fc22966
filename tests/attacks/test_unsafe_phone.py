"""The abuser who reads the phone: from the text that comes in to no message that goes out, on real PostgreSQL."""

from datetime import timedelta

import pytest

from shared.patients import unsafe_phones
from shared.platform import clock
from shared.schedule import reconciliation, tasks, unsafe_tasks
from shared.schedule.tasks import Outcome
from tests.delivery.incoming.test_texts import DUE, PHONE, REMINDED, START, answers, told
from tests.harness import MONDAY, OTHER_SOURCE, Harness, appointment, patient, text

TRIED = (
    "he hit me again, please dont text this phone",
    "dont text me here he reads my messages",
    "he wont let me come to the appointment he checks my phone",
)
"""What the attack texted, each of which was answered by "Call 999 now" or an acknowledgement."""

NEIGHBOURS = (
    "not safe 2 text me",
    "My husband monitors this telephone. Kindly write to my sister instead.",
    "he threatened me with a knife dont call me",
    "im her boyfriend i read all her texts and she dont need no clinic",
    "my bf has my passcode so be careful what u send",
    "please stop he saw the last one and went mental",
    "he pushed me down the stairs. DO NOT REPLY",
    "mae o'n darllen fy ffôn i, peidiwch a tecstio",
    "mąż czyta moje smsy",
    "mera shohar mera phone check karta hai",
    "1. dont text me here my dad reads this phone",
)

HARMLESS = (
    "my husband reads your texts out to me because of my eyes",
    "my daughter checks my messages for me as I can't use it",
    "we share this phone, me and my husband",
    "dont ring me i am deaf, text is fine",
    "my son bought me this phone for christmas",
    "is it safe to drive after it",
)


async def lift(harness: Harness, phone: str = PHONE) -> bool:
    """An operator lifts the hold of a phone, as `cocreate unsafe lift` does."""
    address = harness.encryption.index(phone)
    async with harness.pool.acquire() as connection, connection.transaction():
        holders = await unsafe_phones.lock_holders(connection, [address])
        now = (await clock.read(connection)).now
        lifted = await unsafe_phones.lift(connection, address, "rees", "the patient said so at reception", now)
        await unsafe_tasks.unmark_unsafe(connection, address)
        await reconciliation.recheck(connection, holders)
    return lifted


async def everything_sent(harness: Harness) -> list[str]:
    """Where everything goes that is due until the appointment has passed."""
    sent: list[str] = []
    before = [REMINDED, START - timedelta(hours=2)]
    for at in (DUE + timedelta(minutes=1), DUE + timedelta(hours=1), *before, START, START + timedelta(hours=1)):
        await harness.turn(at)
        sent += [letter.address for letter in await harness.deliver()]
    return sent


class TestNothingGoesThere:
    """Nothing at all goes to a phone that somebody else may read."""

    @pytest.mark.parametrize("body", [*TRIED, *NEIGHBOURS])
    async def test_no_answer_and_nothing_that_was_planned(self, harness: Harness, body: str) -> None:
        """Neither an answer nor a reminder that was planned before goes there until the appointment has passed."""
        await told(harness)
        await harness.phone_says(body)
        assert await everything_sent(harness) == []
        assert ("reminder", "withheld", "phone_unsafe") in await harness.standing()

    @pytest.mark.parametrize("body", HARMLESS)
    async def test_what_only_sounds_like_it(self, harness: Harness, body: str) -> None:
        """Whoever is helped with their phone, or shares it gladly, still gets their reminder."""
        await told(harness)
        await harness.phone_says(body)
        assert PHONE in await everything_sent(harness)

    async def test_an_answer_that_was_due_already(self, harness: Harness) -> None:
        """The emergency number that a text a minute before asked for is not sent any more."""
        await told(harness)
        await harness.phone_says("my husband hit me")
        assert await answers(harness) == ["urgent"]
        await harness.phone_says("dont text this phone he reads it")
        assert await everything_sent(harness) == []
        assert ("urgent", "withheld", "phone_unsafe") in await harness.standing()

    async def test_in_one_batch(self, harness: Harness) -> None:
        """The same, where both texts come at once, in either order."""
        await told(harness)
        first, second = text("he hits me", sid="SMa"), text("pls dont txt he goes thru my phone", sid="SMb")
        assert await harness.texts_come(first, second, text("i want to die", sid="SMc")) == []
        assert await everything_sent(harness) == []

    async def test_an_acknowledgement_of_an_answer(self, harness: Harness) -> None:
        """A later answer to a question counts, and is not thanked for there."""
        await told(harness)
        await harness.deliver_at(REMINDED)
        await harness.phone_says("dont text me here he reads my messages")
        await harness.phone_says("1")
        assert [letter.address for letter in await harness.deliver_at(START - timedelta(hours=1))] == []

    async def test_danger_from_it_later(self, harness: Harness) -> None:
        """Danger alone, days later, from a phone that is held: silence there, and safeguarding hears of it at once."""
        await told(harness)
        await harness.phone_says("he reads my texts dont message me")
        await harness.turn(DUE + timedelta(days=1))
        await harness.phone_says("he is going to kill me")
        assert await harness.deliver() == []
        [task] = await harness.tasks(kind="unsafe_phone")
        assert (task["why"], task["texts"]) == ("danger_on_unsafe_phone", 2)
        assert await harness.tasks(kind="urgent") == []

    async def test_whoever_else_has_it(self, harness: Harness) -> None:
        """The phone is held for everybody who has it, also for whoever is given it afterwards."""
        await told(harness)
        await harness.phone_says("dont text me here he reads my messages")
        contacts = [{"channel": "sms", "value": PHONE}]
        await harness.registry_says(patient("p9", at=DUE, source=OTHER_SOURCE, contacts=contacts))
        await harness.clinic_says(appointment(patient_id="p9", source=OTHER_SOURCE, id="2002"))
        assert await everything_sent(harness) == []

    async def test_nor_elsewhere_by_itself(self, harness: Harness) -> None:
        """What waits for the phone does not go to the mailbox by itself: a person reaches the patient."""
        await told(harness, email="ada@example.org")
        await harness.phone_says("dont text me here he reads my messages")
        assert await everything_sent(harness) == []


class TestWhereOnlyDangerIsSaid:
    """Whoever is in danger and asks for no silence is told whom to call."""

    @pytest.mark.parametrize("body", ["he hit me", "i took too many tablets", "my chest hurts and i cant breathe"])
    async def test_999_as_before(self, harness: Harness, body: str) -> None:
        """An urgent task, and the emergency number at once."""
        await told(harness)
        await harness.phone_says(body)
        assert await answers(harness) == ["urgent"]
        assert [row["kind"] for row in await harness.tasks()] == ["urgent"]

    async def test_danger_with_a_wish_for_silence(self, harness: Harness) -> None:
        """Whoever wants to die and wants no texts gets none, and a person is asked at once."""
        await told(harness)
        await harness.phone_says("I want to die. Stop texting me")
        assert await everything_sent(harness) == []
        assert [row["kind"] for row in await harness.tasks()] == ["urgent"]


class TestStaff:
    """Safeguarding hears of it at once, and every task says not to call."""

    async def test_an_urgent_task_with_a_true_reason(self, harness: Harness) -> None:
        """Due in half an hour at any hour, with violence named where it is spoken of."""
        await told(harness)
        await harness.phone_says(TRIED[0])
        [task] = await harness.tasks()
        assert (task["kind"], task["why"], task["unsafe_phone"]) == ("unsafe_phone", "danger_on_unsafe_phone", True)
        assert task["due_at"] - DUE == timedelta(minutes=30)

    async def test_tasks_that_were_open_before(self, harness: Harness) -> None:
        """A task that says "read and call" says from then on that nobody may call, also to the clinic."""
        await told(harness)
        await harness.phone_says("he hit me")
        await harness.phone_says("my back hurts")
        await harness.phone_says(TRIED[1])
        assert {row["unsafe_phone"] for row in await harness.tasks()} == {True}
        events = await harness.pool.fetch("SELECT event FROM schedule.outbox WHERE topic = 'clinic.tasks' ORDER BY seq")
        assert '"unsafe_phone": true' in events[-1]["event"]

    async def test_tasks_that_come_after(self, harness: Harness) -> None:
        """The task in place of a reminder that cannot go says so as well."""
        await told(harness)
        await harness.phone_says(TRIED[1])
        await everything_sent(harness)
        assert {row["unsafe_phone"] for row in await harness.tasks()} == {True}


class TestOnlyAnOperatorLiftsIt:
    """No text, no task and no clinic's event lets messages go there again."""

    @pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.NOT_NEEDED, Outcome.IN_VAIN])
    async def test_a_closed_task_lifts_nothing(self, harness: Harness, outcome: Outcome) -> None:
        """Whatever becomes of the task, the phone stays held."""
        await told(harness)
        await harness.phone_says(TRIED[1])
        [task] = await harness.tasks()
        async with harness.pool.acquire() as connection:
            await tasks.close(connection, task["id"], outcome, "rees", DUE)
        assert await everything_sent(harness) == []

    @pytest.mark.parametrize("body", ["START", "sorry that was a joke, text me again", "all good now, text me", "1"])
    async def test_no_text_lifts_it(self, harness: Harness, body: str) -> None:
        """Whoever holds the phone cannot lift it: it may be somebody else."""
        await told(harness)
        await harness.phone_says(TRIED[2])
        await harness.phone_says(body, opt_out="START" if body == "START" else None)
        assert await everything_sent(harness) == []

    async def test_an_operator_does_with_a_reason(self, harness: Harness) -> None:
        """Then what waits goes, the tasks say so, and who lifted it and why stays on record."""
        await told(harness)
        await harness.phone_says(TRIED[2])
        assert await harness.deliver_at(REMINDED) == []
        assert await lift(harness)
        assert [letter.address for letter in await harness.deliver()] == [PHONE]
        assert {row["unsafe_phone"] for row in await harness.tasks(state="open")} <= {False}
        async with harness.pool.acquire() as connection:
            [record] = await unsafe_phones.known(connection, lifted_too=True)
        assert (record.lifted_by, record.lifted_because) == ("rees", "the patient said so at reception")
        assert not await lift(harness)

    async def test_a_replay_does_not_hold_it_again(self, harness: Harness) -> None:
        """The same text once more, read again after the lift, changes nothing; another one does."""
        await told(harness)
        sid = await harness.phone_says(TRIED[2])
        await lift(harness)
        assert await harness.texts_come(text(TRIED[2], sid=sid)) == []
        assert len(await harness.deliver_at(REMINDED)) == 1
        await harness.phone_says(TRIED[1])
        await harness.clinic_says(appointment(id="1002", start=START + timedelta(days=14)))
        assert [letter for letter in await everything_sent(harness) if letter == PHONE] == []


async def test_a_phone_that_nobody_has_yet(harness: Harness) -> None:
    """A phone is held before we know whose it is."""
    await harness.texts_come(text(TRIED[1], at=MONDAY))
    await harness.clinic_says(appointment())
    assert await harness.deliver_at(DUE) == []


class TestWhatAClinicSays:
    """A clinic that knows of an unsafe phone says so in its patient event."""

    @staticmethod
    def contacts(**more: object) -> list[dict[str, object]]:
        """Ada's phone, of which the clinic says more, and her mailbox."""
        return [{"channel": "sms", "value": PHONE, **more}, {"channel": "email", "value": "ada@example.org"}]

    async def test_not_safe_to_text(self, harness: Harness) -> None:
        """Nothing goes there, not even whom to call in danger; what is planned goes to the next contact."""
        await told(harness)
        await harness.registry_says(patient(at=DUE, contacts=self.contacts(safe_to_text=False)))
        await harness.phone_says("i want to die")
        assert set(await everything_sent(harness)) == {"ada@example.org"}

    async def test_nor_for_another_patient_with_that_phone(self, harness: Harness) -> None:
        """A child whose mother's phone is not safe gets nothing there either."""
        await told(harness)
        await harness.registry_says(patient(at=DUE, contacts=self.contacts(safe_to_text=False)))
        child = [{"channel": "sms", "value": PHONE, "role": "parent"}]
        await harness.registry_says(patient("p9", at=DUE, source=OTHER_SOURCE, contacts=child))
        await harness.clinic_says(appointment(patient_id="p9", source=OTHER_SOURCE, id="2002"))
        assert PHONE not in await everything_sent(harness)

    async def test_not_safe_to_call(self, harness: Harness) -> None:
        """Messages go, and a task says that nobody may call."""
        await told(harness)
        await harness.registry_says(patient(at=DUE, contacts=self.contacts(safe_to_call=False)))
        await harness.phone_says("please ring me")
        assert {row["unsafe_phone"] for row in await harness.tasks()} == {True}
        assert PHONE in await everything_sent(harness)

    async def test_safe_again(self, harness: Harness) -> None:
        """The clinic that said so takes it back; what a text said, it cannot."""
        await told(harness)
        await harness.registry_says(patient(at=DUE, contacts=self.contacts(safe_to_text=False)))
        again = DUE + timedelta(minutes=1)
        await harness.registry_says(patient(at=again, contacts=self.contacts(safe_to_text=True)))
        assert PHONE in await everything_sent(harness)
