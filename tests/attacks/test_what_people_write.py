"""What people write: one alarm a phone, the right desk, the language, and nobody thanked for a list that is none."""

import pytest

from shared.replies.reading import read
from tests.delivery.incoming.test_texts import answers, staffed, told
from tests.harness import Harness

OURS = "Riverside Clinic: Is somebody in danger, or thinking of suicide? Call 999 now. Chest pain? Call 999."


async def test_ten_urgent_texts_are_one_task(harness: Harness) -> None:
    """A bored teenager raises one alarm with a count, not ten; another phone raises its own."""
    await told(harness)
    for number in range(10):
        await harness.phone_says(f"i want to die {number}")
    await harness.phone_says("i want to die", phone="+447700900002")
    assert sorted(row["texts"] for row in await harness.tasks(kind="urgent")) == [1, 10]


@pytest.mark.parametrize("body", [f"Liked “{OURS}”", f'Emphasised "{OURS}"', f'👍 to "{OURS}"', f"Laughed at “{OURS}"])
async def test_a_reaction_to_our_words_is_no_alarm(harness: Harness, body: str) -> None:
    """What a telephone quotes of ours, words of danger among it, raises nothing."""
    await told(harness)
    await harness.phone_says(body)
    assert await harness.tasks() == []


async def test_a_reaction_with_words_beside_it_is_one() -> None:
    """Danger outside the quote still escalates."""
    assert read('Liked "See you on Monday" i want to die').urgent


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("im in hospital on ward 7", "in_hospital"),
        ("we moved to Doncaster last month", "moved_away"),
        ("my dad needs an interpreter", "asks_interpreter"),
        ("can someone pick me up, no buses to yours on a sunday", "asks_transport"),
        ("do I need to fast", "asks_preparation"),
    ],
)
async def test_the_right_desk_and_no_thanks_for_a_list(harness: Harness, body: str, why: str) -> None:
    """The reason of the task names the desk, and an agenda prompt does not take the text for a list."""
    await staffed(harness)
    await told(harness)
    await harness.phone_says(body)
    [task] = await harness.tasks()
    assert (task["kind"], task["why"]) == ("read_reply", why)
    assert await harness.pool.fetch("SELECT FROM schedule.replies") == []


@pytest.mark.parametrize(
    ("body", "kind", "language"),
    [
        ("nie chce juz zyc", "urgent", "pl"),
        ("Tata zmarl w sobote", "bereavement", "pl"),
        ("mujhe aur message mat bhejo", "read_reply", "ur"),
        ("main kall nahi aa sakda", "read_reply", "ur"),
        ("am nevoie de interpret romana", "read_reply", "ro"),
        ("আমি আর বাঁচতে চাই না", "urgent", "bn"),
        ("ਮੈਨੂੰ ਹੋਰ ਮੈਸੇਜ ਨਾ ਭੇਜੋ", "read_reply", "pa"),
    ],
)
async def test_another_language_goes_to_a_person_who_knows_which(
    harness: Harness, body: str, kind: str, language: str
) -> None:
    """It is marked with its language, danger at once and the rest in time; "stop" in it is left to that person."""
    await told(harness)
    await harness.phone_says(body)
    [task] = await harness.tasks()
    assert (task["kind"], task["language"]) == (kind, language)


DISGUISED = (
    *("k1ll1ng mys3lf", "su1c1dal", "wanna d1e", "want 2 die", "ki\u200bll myself"),
    *("I w\u0430nt t\u043e di\u0435", "\uff4b\uff49\uff4c\uff4c myself"),
)


@pytest.mark.parametrize("body", DISGUISED)
def test_danger_in_disguise_is_danger(body: str) -> None:
    """Digits, full-width and look-alike letters, and invisible ones between hide nothing."""
    assert read(body).urgent


@pytest.mark.parametrize(
    "body", ["my battery died", "my phone died", "its not my number one", "two of us died laughing"]
)
def test_what_only_sounds_so_holds_nothing(body: str) -> None:
    """A telephone that died is no death."""
    assert "bereavement" not in str(getattr(read(body).meaning, "about", ""))
    assert "wrong number" not in str(getattr(read(body).meaning, "about", ""))


async def test_a_business_that_answers_by_itself(harness: Harness) -> None:
    """Its automatic reply is nobody's list, and is not answered."""
    await staffed(harness)
    await told(harness)
    for body in (
        "Thank you for contacting Hallam Plumbing & Heating. We aim to reply within 24 hours.",
        "Automatic reply: the office is now closed until Monday. For emergencies call our 24h line.",
    ):
        await harness.phone_says(body)
    assert (await answers(harness), await harness.tasks()) == ([], [])
