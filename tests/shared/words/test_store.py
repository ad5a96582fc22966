"""Kept words: what ships is published unless operators have their own, and no version is ever changed."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st

from shared.platform import database
from shared.platform.clock import Connection
from shared.platform.database import Pool
from shared.schedule.states import Why
from shared.words import store, waiting
from shared.words.forms import Choice, Field, Form
from shared.words.store import SlotStatus, new_versions
from shared.words.wording import (
    SHIPPED,
    DoesNotFit,
    Language,
    NoSuchWording,
    NotAllowed,
    Part,
    Recipient,
    Slot,
    Wording,
    WordingState,
    WordsError,
)
from tests.engines import CreateDatabase
from tests.harness import MONDAY, Harness, appointment

HELLO = Slot(planner="p", name="hello", part=Part.SMS)
BYE = Slot(planner="p", name="bye", part=Part.SMS)
CALENDAR = Slot(planner="p", name="hello", part=Part.CALENDAR)
FORM = Form(
    name="hello", category="appointments", fields={"start": Field.INSTANT, "mode": Choice(("video", "telephone"))}
)
FORMS = (FORM, Form(name="bye", category="appointments"))


@pytest.fixture
async def connection(pool: Pool) -> Any:
    """A connection to a database in which nobody has any words yet."""
    async with pool.acquire() as one:
        await one.execute("DELETE FROM words.templates; DELETE FROM words.forms")
        yield one


async def ship(connection: Connection, folder: Path, forms: tuple[Form, ...] = FORMS, **texts: str | None) -> None:
    """Ship a text for each name; None ships it no longer."""
    (folder / "en").mkdir(exist_ok=True)
    for name, text in texts.items():
        path = folder / "en" / f"{name}.toml"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(f"sms = '{text}'", "utf-8")
    await store.ship(connection, "p", folder, forms)


async def stands(connection: Connection, slot: Slot = HELLO) -> list[tuple[int, str, str, str]]:
    """Every version of a slot, the oldest first."""
    return [(w.version, w.state.value, w.author, w.body) for w in reversed(await store.versions(connection, slot))]


async def said(connection: Connection, slot: Slot = HELLO) -> str | None:
    found = (await store.open_book(connection)).find(slot)
    return found.body if found else None


async def test_what_ships_is_published_and_a_changed_text_is_a_new_version(
    connection: Connection, tmp_path: Path
) -> None:
    """The same text again adds nothing; the old version stays for the log to name."""
    for text in ("one", "one", "two", "two", "one"):
        await ship(connection, tmp_path, hello=text)
    assert await stands(connection) == [
        (1, "published", SHIPPED, "one"),
        (2, "published", SHIPPED, "two"),
        (3, "published", SHIPPED, "one"),
    ]
    assert await said(connection) == "one"


async def test_two_replicas_ship_at_once(pool: Pool, tmp_path: Path) -> None:
    """Both start with the same new text: one version comes of it, and neither fails."""
    async with pool.acquire() as connection:
        await ship(connection, tmp_path, hello="one")
    (tmp_path / "en" / "hello.toml").write_text("sms = 'two'")

    async def replica() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await store.ship(connection, "p", tmp_path, FORMS)

    await asyncio.gather(*(replica() for _ in range(8)))
    async with pool.acquire() as connection:
        assert [version for version, *_ in await stands(connection)] == [1, 2]


async def test_where_operators_have_their_own_a_shipped_text_waits(connection: Connection, tmp_path: Path) -> None:
    """Theirs is sent on; the shipped one is a draft, once; published, it gives the slot back to the planner."""
    await ship(connection, tmp_path, hello="one")
    own = await store.save(connection, HELLO, "own", "Operator")
    await store.publish(connection, HELLO, own.version)
    for _ in range(2):
        await ship(connection, tmp_path, hello="two")
    assert await stands(connection) == [
        (1, "published", SHIPPED, "one"),
        (2, "published", "Operator", "own"),
        (3, "draft", SHIPPED, "two"),
    ]
    assert await said(connection) == "own"
    await store.publish(connection, HELLO, 3)
    await ship(connection, tmp_path, hello="three")
    assert await said(connection) == "three"


async def test_a_discarded_shipped_text_does_not_come_again(connection: Connection, tmp_path: Path) -> None:
    """Operators who said no to a text are asked again only about another one."""
    await ship(connection, tmp_path, hello="one")
    await store.publish(connection, HELLO, (await store.save(connection, HELLO, "own", "Operator")).version)
    await ship(connection, tmp_path, hello="two")
    await store.discard(connection, HELLO, 3)
    await ship(connection, tmp_path, hello="two")
    assert [state for _, state, *_ in await stands(connection)] == ["published", "published", "discarded"]
    await ship(connection, tmp_path, hello="three")
    assert (await stands(connection))[-1] == (4, "draft", SHIPPED, "three")


async def test_a_draft_of_operators_does_not_hold_up_what_ships(connection: Connection, tmp_path: Path) -> None:
    """Nobody sends a draft: the planner's next text goes out, and the draft still waits."""
    await ship(connection, tmp_path, hello="one")
    draft = await store.save(connection, HELLO, "own", "Operator")
    await ship(connection, tmp_path, hello="two")
    [standing] = await store.slot_statuses(connection)
    assert (standing.published and standing.published.body, standing.draft) == ("two", draft)
    published = await store.publish(connection, HELLO, draft.version)
    assert (published.version, await said(connection)) == (4, "own")
    assert [state for _, state, *_ in await stands(connection)] == ["published", "discarded", "published", "published"]


async def test_what_ships_no_longer_falls_silent(connection: Connection, tmp_path: Path) -> None:
    """Old words would not fit new data; what operators made their own stays; shipped again, it speaks again."""
    await ship(connection, tmp_path, hello="one", bye="bye")
    await store.publish(connection, BYE, (await store.save(connection, BYE, "own", "Operator")).version)
    for _ in range(2):
        await ship(connection, tmp_path, hello=None, bye=None)
    assert (await said(connection), await said(connection, BYE)) == (None, "own")
    assert [one.slot for one in await store.slot_statuses(connection)] == [BYE]
    assert [body for *_, body in await stands(connection)] == ["one", ""]
    await ship(connection, tmp_path, hello="one")
    assert await said(connection) == "one"


async def test_one_planner_leaves_the_others_words(connection: Connection, tmp_path: Path) -> None:
    """Words and forms of another planner are none of its business."""
    await ship(connection, tmp_path, hello="one")
    await store.ship(connection, "q", tmp_path / "nowhere", FORMS[:1])
    assert await said(connection) == "one"
    assert set(await store.forms(connection)) == {("p", "hello"), ("p", "bye"), ("q", "hello")}


async def test_forms_are_kept_as_they_were_last_shipped(connection: Connection, tmp_path: Path) -> None:
    """A changed form takes the old one's place, one that is shipped no longer goes."""
    await ship(connection, tmp_path, hello="one")
    assert await store.forms(connection) == {("p", form.name): form for form in FORMS}
    changed = Form(name="hello", category="goals", answers=frozenset({"A"}))
    await ship(connection, tmp_path, (changed,))
    assert await store.forms(connection) == {("p", "hello"): changed}


async def test_saving_converts_checks_and_sends_nothing(connection: Connection, tmp_path: Path) -> None:
    """A draft is kept in the house's writing and is not in the book until it is published."""
    await ship(connection, tmp_path, hello="one")
    draft = await store.save(connection, HELLO, "  Hello ((first name))\n", " Operator ")
    assert (draft.body, draft.state, draft.author, draft.version) == (
        "Hello {{ first_name }}",
        WordingState.DRAFT,
        "Operator",
        2,
    )
    assert await said(connection) == "one"
    published = await store.publish(connection, HELLO, 2)
    assert published == (await store.versions(connection, HELLO))[0]
    assert await said(connection) == "Hello {{ first_name }}"


async def test_saving_what_stands_adds_nothing(connection: Connection, tmp_path: Path) -> None:
    """The same text as the newest draft, or as what is sent, is no version of its own."""
    await ship(connection, tmp_path, hello="one")
    assert (await store.save(connection, HELLO, "one ", "Operator")).version == 1
    assert (await store.save(connection, HELLO, "two", "Operator")).version == 2
    assert (await store.save(connection, HELLO, "two", "Another")).author == "Operator"
    assert (await store.save(connection, HELLO, "one", "Operator")).version == 3
    await store.discard(connection, HELLO, 3)
    assert (await store.save(connection, HELLO, "two", "Operator")).version == 2


@pytest.mark.parametrize(
    ("slot", "body", "author", "error", "message"),
    [
        pytest.param(HELLO, "{{ lipsum() }}", "Operator", NotAllowed, "calls are not allowed", id="a function"),
        pytest.param(HELLO, "{% for x in y %}{% endfor %}", "Operator", NotAllowed, "for", id="a loop"),
        pytest.param(HELLO, "{{ stat|day }}", "Operator", DoesNotFit, "start", id="a name that the form lacks"),
        pytest.param(HELLO, "A\x00", "Operator", NotAllowed, r"U\+0000", id="a NUL"),
        pytest.param(HELLO, "A\ud800", "Operator", NotAllowed, r"U\+D800", id="an unpaired surrogate"),
        pytest.param(HELLO, "A", " ", NotAllowed, "say who wrote it", id="nobody's"),
        pytest.param(HELLO, "A", SHIPPED, NotAllowed, "the program itself", id="the program's"),
        pytest.param(HELLO, " ", "Operator", NotAllowed, "cannot be taken away", id="no words for anybody"),
        pytest.param(
            Slot(planner="p", name="hi", part=Part.SMS),
            "A",
            "Operator",
            NoSuchWording,
            "p sends no message hi",
            id="no message",
        ),
        pytest.param(
            Slot(planner="p", name="hello", part=Part.SMS, site="s#gone"),
            "A",
            "Operator",
            NotAllowed,
            "of the site s#gone",
            id="no site",
        ),
    ],
)
async def test_what_is_not_saved(
    connection: Connection,
    tmp_path: Path,
    slot: Slot,
    body: str,
    author: str,
    error: type[WordsError],
    message: str,
) -> None:
    """It is refused with the reason, and nothing is kept."""
    await ship(connection, tmp_path, hello="one")
    with pytest.raises(error, match=message):
        await store.save(connection, slot, body, author)
    assert [version for version, *_ in await stands(connection)] == [1]


async def test_an_old_version_is_published_as_a_copy(connection: Connection, tmp_path: Path) -> None:
    """What was sent keeps its number; going back is a version too; what is sent already stays as it is."""
    await ship(connection, tmp_path, hello="one")
    await ship(connection, tmp_path, hello="two")
    back = await store.publish(connection, HELLO, 1)
    assert (back.version, back.author, await said(connection)) == (3, SHIPPED, "one")
    assert await store.publish(connection, HELLO, 3) == back
    assert len(await stands(connection)) == 3


async def test_publishing_discards_the_drafts_before_it(connection: Connection, tmp_path: Path) -> None:
    """Whoever chose the later text did not want the earlier ones; a draft after it still waits."""
    await ship(connection, tmp_path, hello="one")
    for text in ("two", "three", "four"):
        await store.save(connection, HELLO, text, "Operator")
    await store.publish(connection, HELLO, 3)
    assert [state for _, state, *_ in await stands(connection)] == ["published", "discarded", "published", "draft"]


async def test_a_draft_that_no_longer_fits_is_not_published(connection: Connection, tmp_path: Path) -> None:
    """The form may have changed since it was saved."""
    await ship(connection, tmp_path, hello="one")
    await store.save(connection, HELLO, "{{ start|day }}", "Operator")
    await ship(connection, tmp_path, (Form(name="hello", category="appointments"),))
    with pytest.raises(DoesNotFit):
        await store.publish(connection, HELLO, 2)
    assert await said(connection) == "one"


@pytest.mark.parametrize("change", [store.publish, store.discard])
async def test_a_version_that_is_not_there(connection: Connection, tmp_path: Path, change: Any) -> None:
    """It is named, with where to look."""
    await ship(connection, tmp_path, hello="one")
    with pytest.raises(NoSuchWording, match=r"hello\.sms in en has no version 7: list its versions"):
        await change(connection, HELLO, 7)


async def test_what_was_published_is_not_discarded(connection: Connection, tmp_path: Path) -> None:
    """Messages were sent with it."""
    await ship(connection, tmp_path, hello="one")
    with pytest.raises(NotAllowed, match="Version 1 is no draft"):
        await store.discard(connection, HELLO, 1)


async def test_a_site_has_words_of_its_own_until_they_are_taken_away(harness: Harness, tmp_path: Path) -> None:
    """An empty text gives the site everybody's words again; only what all others rest on cannot be emptied."""
    site = Slot(planner="p", name="hello", part=Part.SMS, site="https://riverside.example.org#MSK")
    async with harness.pool.acquire() as connection:
        await ship(connection, tmp_path, hello="one")
        await store.publish(connection, site, (await store.save(connection, site, "site", "Operator")).version)
        assert await said(connection, site) == "site"
        await store.publish(connection, site, (await store.save(connection, site, "", "Operator")).version)
        assert await said(connection, site) == "one"
        for slot in (
            CALENDAR,
            Slot(planner="p", name="hello", part=Part.SMS, language=Language.WELSH),
            Slot(planner="p", name="hello", part=Part.SMS, recipient=Recipient.CARER),
        ):
            assert (await store.save(connection, slot, "", "Operator")).state is WordingState.DRAFT


async def test_a_book_is_read_again_only_where_words_have_changed(connection: Connection, tmp_path: Path) -> None:
    """A claim asks for the edition alone; whoever changes a row, by whatever way, makes another one."""
    await ship(connection, tmp_path, hello="one")
    book = await store.open_book(connection)
    await ship(connection, tmp_path, hello="one")
    assert await store.open_book(connection) is book
    await connection.execute("UPDATE words.templates SET body = 'by hand'")
    assert await said(connection) == "by hand"
    await connection.execute("TRUNCATE words.templates")
    assert await said(connection) is None


async def test_standings_are_of_one_planner_or_of_all(connection: Connection, tmp_path: Path) -> None:
    """Each with what is sent and what waits."""
    await ship(connection, tmp_path, hello="one", bye="bye")
    await store.ship(connection, "q", tmp_path, FORMS)
    assert len(await store.slot_statuses(connection)) == 4
    listed = await store.slot_statuses(connection, "q")
    assert [(one.slot.planner, one.slot.name) for one in listed] == [("q", "bye"), ("q", "hello")]
    assert listed[0] == SlotStatus(
        Slot(planner="q", name="bye", part=Part.SMS),
        Wording(slot=Slot(planner="q", name="bye", part=Part.SMS), body="bye", version=1),
        None,
    )
    assert all(one.published and one.published.kept_at for one in listed)


async def test_new_words_wake_the_messages_that_wait_for_them(harness: Harness, tmp_path: Path) -> None:
    """Whoever publishes what was missing has them looked at again; what waits for another reason keeps its pause."""
    await harness.clinic_says(appointment())
    wait = "UPDATE schedule.messages SET why = $1, due_at = send_at + interval '1 hour'"
    late = "SELECT count(*) FROM schedule.messages WHERE due_at > send_at"
    async with harness.pool.acquire() as connection:
        await ship(connection, tmp_path, hello="one")
        draft = await store.save(connection, HELLO, "own", "Operator")
        for why, still in (("no_words", 0), ("paused", 2)):
            await connection.execute(wait, why)
            await store.publish(connection, HELLO, draft.version)
            await waiting.recheck_waiting(harness.pool, Why.NO_WORDS)
            assert await connection.fetchval(late) == still


async def test_operators_words_that_no_longer_fit_are_named(
    connection: Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A release that brings other data names the published words that it breaks, and none of what it does not."""
    await ship(connection, tmp_path, hello="one", bye="bye")
    for slot, body in ((HELLO, "{{ start|day }}"), (BYE, "{{ first_name }}")):
        await store.publish(connection, slot, (await store.save(connection, slot, body, "Ada")).version)
    await store.save(connection, BYE, "a draft", "Ada")
    assert await store.ship(connection, "p", tmp_path, FORMS) == []
    changed = (Form(name="hello", category="appointments"), FORMS[1])
    [one] = await store.ship(connection, "p", tmp_path, changed)
    assert (one.wording.slot, one.wording.version) == (HELLO, 2)
    assert str(one).startswith("p/hello sms en patient version 2 no longer fits its message, which is not sent: Line 1")
    assert [record.getMessage() for record in caplog.records] == [str(one)]
    assert "Ada" not in str(one)
    assert await store.unfitting(connection) == await store.unfitting(connection, "p") == [one]
    assert await store.unfitting(connection, "q") == []


async def test_words_of_a_message_that_is_sent_no_longer_harm_nobody(connection: Connection, tmp_path: Path) -> None:
    """Nor do those that were taken away: nothing waits for them."""
    await ship(connection, tmp_path, hello="one")
    await store.publish(connection, HELLO, (await store.save(connection, HELLO, "{{ start|day }}", "Ada")).version)
    assert await store.ship(connection, "p", tmp_path, FORMS[1:]) == []
    await store.ship(connection, "p", tmp_path, FORMS)
    await store.publish(connection, HELLO, 1)
    assert await store.ship(connection, "p", tmp_path, (Form(name="hello", category="appointments"),)) == []


def test_words_that_were_kept_before_there_were_recipients_stay(create_database: CreateDatabase) -> None:
    """The migration takes them for the patient's, published and shipped: they are sent on until the planner ships."""
    url = create_database("words")
    command.upgrade(database._alembic(url), "0002")

    async def run(query: str) -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    asyncio.run(run("INSERT INTO words.templates VALUES ('p', 'hello', 'sms', 'en', 3, 'one')"))
    database.migrate(url)
    [row] = asyncio.run(run("SELECT recipient, site, state, author, version, body FROM words.templates"))
    assert tuple(row) == ("patient", "", "published", SHIPPED, 3, "one")


SLOTS = (HELLO, BYE, Slot(planner="p", name="hello", part=Part.SMS, language=Language.WELSH))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ship", "own", "draft"]), st.dictionaries(st.sampled_from(SLOTS), st.sampled_from("abc"))
    ),
    max_size=12,
)


@given(STEPS)
def test_whatever_is_shipped_and_published_what_ships_twice_adds_nothing(
    steps: list[tuple[str, dict[Slot, str]]],
) -> None:
    """And operators' own words are what is sent as long as they are the newest published ones."""
    kept: list[Wording] = []

    def add(slot: Slot, body: str, state: WordingState, author: str) -> None:
        version = 1 + max((w.version for w in kept if w.slot == slot), default=0)
        kept.append(
            Wording(
                slot=slot,
                body=body,
                version=version,
                state=state,
                author=author,
                kept_at=MONDAY + timedelta(hours=len(kept)),
            )
        )

    def sent(slot: Slot) -> Wording | None:
        return next((w for w in reversed(kept) if w.slot == slot and w.state is WordingState.PUBLISHED), None)

    for step, texts in steps:
        if step == "ship":
            shipped = [Wording(slot=slot, body=body) for slot, body in texts.items()]
            before = {slot: sent(slot) for slot in SLOTS}
            kept += new_versions(shipped, kept)
            assert new_versions(shipped, kept) == []
            for slot, last in before.items():
                now = sent(slot)
                if last is not None and last.author != SHIPPED:
                    assert now == last
                else:
                    assert (now.body if now else "") == texts.get(slot, "")
        else:
            for slot, body in texts.items():
                add(slot, body, WordingState.PUBLISHED if step == "own" else WordingState.DRAFT, "Operator")
    assert len({(w.slot, w.version) for w in kept}) == len(kept)
