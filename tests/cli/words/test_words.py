"""`cocreate words`: what operators see, try, check and change."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.cli.words.examples import examples
from services.cli.words.shipped import service_words, shipped_forms, shipped_words
from shared.clinic import places
from shared.platform.clock import Connection
from shared.security.encryption import Encryption
from shared.words.files import load
from shared.words.forms import as_json
from tests.cli.conftest import Desk, Terminal
from tests.harness import INDEX_KEY, KEYS, RIVERSIDE, Harness, appointment

OWN = """
[[message]]
planner = "prompts"
name = "cancelled"
language = "en"
sms = '''
((first name)), your appointment {{ start|on }} is off. Please do not come. Call {{ place.phone }}. {{ place.sender }}
'''
"""
"""An operator's own text."""

NO_KAFKA = "127.0.0.1:9"
REPLACED = "is off. Please do not come."


def written(folder: Path, text: str = OWN) -> Path:
    path = folder / "words.toml"
    path.write_text(text, "utf-8")
    return path


class TestWithNothingRunning:
    """What needs no database."""

    def test_every_service_brings_its_words(self) -> None:
        """Each message of each form is shipped, and each shipped one has a form."""
        assert [house.planner for house in service_words()] == ["prompts", "followup", "reunions", "cards", "delivery"]
        assert {(one.slot.planner, one.slot.name) for one in shipped_words()} == set(shipped_forms())

    @pytest.mark.parametrize("command", [("list",), ("show", "agenda"), ("render", "agenda"), ("export",)])
    def test_shipped_words_stand_in(self, command: tuple[str, ...], terminal: Terminal) -> None:
        """Where nothing runs the shipped words are shown, and that is said; asked for, they come without a word."""
        said = "Nothing runs here"
        shown = terminal("words", *command)
        assert said in shown
        assert terminal("words", *command, "--shipped") == shown.partition("shipped.\n")[2]

    def test_the_list_names_every_message(self, terminal: Terminal) -> None:
        """Each message has its readers, languages and whose words are in force."""
        lines = terminal("words", "list", "--shipped").splitlines()
        for planner, name in shipped_forms():
            assert any(f"{planner}/{name} " in line and "en, cy" in line and "as shipped" in line for line in lines)

    def test_a_name_is_enough(self, terminal: Terminal) -> None:
        """A message is called by its name, or with its service; what is nearly one is offered."""
        assert terminal("words", "show", "agenda", "--shipped") == terminal(
            "words", "show", "prompts/agenda", "--shipped"
        )
        assert "Did you mean agenda" in terminal("words", "show", "agnda", "--shipped", code=1)
        assert "No message is called followup/agenda" in terminal(
            "words", "show", "followup/agenda", "--shipped", code=1
        )

    def test_words_of_others_say_what_is_read_instead(self, terminal: Terminal) -> None:
        """A reader without words of their own reads the patient's, and the refusal says so."""
        shown = terminal("words", "show", "agenda", "--shipped", "--recipient", "organiser", code=1)
        assert "prompts/agenda.sms en is read instead" in shown

    def test_a_rendering_shows_every_branch_and_its_price(self, terminal: Terminal) -> None:
        """Each way of meeting, each kind of answers, both languages, the e-mail and its calendar entry."""
        shown = terminal("words", "render", "agenda", "--shipped")
        for said in (
            "we will phone you", "by video", "Reply 2", "Text us back", "byddwn yn eich ffonio",
            "Subject: Your appointment on Tuesday 1 December", "Calendar: Appointment, Riverside Hospital",
            "text (answers and own words)  2 segments, GSM-7, ", " of 306, agenda.sms/en.0",
        ):  # fmt: skip
            assert said in shown

    def test_a_rendering_is_of_whom_it_is_asked(self, terminal: Terminal) -> None:
        """A carer's is a carer's, and both languages are one text, Welsh first."""
        shown = terminal("words", "render", "cancelled", "--shipped", "--recipient", "carer", "--language", "both")
        assert shown.index("1 Rhagfyr") < shown.index("1 December")
        assert "cancelled.sms/cy.0@carer+en.0@carer" in shown
        assert "There is no language 'fr'" in terminal("words", "render", "agenda", "--language", "fr", code=1)

    def test_a_file_is_tried_before_it_is_imported(self, terminal: Terminal, tmp_path: Path) -> None:
        """Rendered as if it were published, Notify's brackets included."""
        shown = terminal("words", "render", "cancelled", "--shipped", "--with", written(tmp_path), "--language", "en")
        assert f"Sian, your appointment on Tuesday 1 December {REPLACED}" in shown

    def test_good_words_pass(self, terminal: Terminal, tmp_path: Path) -> None:
        """The check of a good file ends with 0."""
        assert "1 wordings: nothing is wrong" in terminal("words", "check", written(tmp_path))

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            pytest.param("{{ nobody }} Call {{ place.phone }}", "unknown_placeholder", id="placeholder"),
            pytest.param("{% for a in b %}{% endfor %}", "not_allowed", id="loop"),
            pytest.param("Reply YES, or call {{ place.phone }}", "reserved_word", id="reserved word"),
            pytest.param("See https://bit.ly/x or call {{ place.phone }}", "link_not_allowed", id="link"),
        ],
    )
    def test_bad_words_are_named_with_their_rule(
        self, body: str, rule: str, terminal: Terminal, tmp_path: Path
    ) -> None:
        """A finding names rule, place, cause and cure; the check ends with 1."""
        text = f'[[message]]\nplanner = "prompts"\nname = "cancelled"\nlanguage = "en"\nsms = \'{body}\'\n'
        assert f"error {rule} prompts/cancelled.sms en: " in terminal("words", "check", written(tmp_path, text), code=1)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            pytest.param("sms = 'a'", "begin each message with [[message]]", id="a planner's file"),
            pytest.param("[[", "is no TOML", id="no TOML"),
            pytest.param(OWN.replace("((first name))", "((first name"), "has no '))'", id="open bracket"),
        ],
    )
    def test_what_is_no_file_of_words_is_refused(self, text: str, why: str, terminal: Terminal, tmp_path: Path) -> None:
        """A broken file is refused in one sentence."""
        assert why in terminal("words", "check", written(tmp_path, text), code=1)

    def test_an_export_can_be_read_back(self, terminal: Terminal) -> None:
        """Everything that is shipped is in the export, as it stands."""
        exported = {(one.slot, one.body) for one in load(terminal("words", "export", "--shipped"))}
        assert exported == {(one.slot, one.body) for one in shipped_words()}
        messages = tomllib.loads(terminal("words", "export", "agenda", "--shipped"))["message"]
        assert {(message["name"], message["language"]) for message in messages} == {("agenda", "en"), ("agenda", "cy")}

    @pytest.mark.parametrize(
        "command", [("publish", "agenda"), ("discard", "agenda"), ("import", "x.toml", "--author", "Ada")]
    )
    def test_changes_need_a_database(self, command: tuple[str, ...], terminal: Terminal, tmp_path: Path) -> None:
        """Where nothing runs, nothing pretends to be changed."""
        written(tmp_path).rename(tmp_path / "x.toml")
        assert "Nothing runs here" in terminal("words", *command, code=1)


class TestWithADatabase:
    """What operators change."""

    def test_a_file_becomes_drafts_and_is_sent_once_published(self, desk: Desk, tmp_path: Path) -> None:
        """Import, look, publish: each step says what it did, and only the last changes what is sent."""
        shown = desk("words", "import", written(tmp_path), "--author", "Ada")
        assert "prompts/cancelled.sms en version 2 waits as a draft" in shown
        assert "text en: version 2 by Ada" in desk("words", "list")
        assert REPLACED not in desk("words", "render", "cancelled")
        assert REPLACED in desk("words", "render", "cancelled", "--drafts")
        assert "version 2 is sent from now on" in desk("words", "publish", "cancelled")
        assert REPLACED in desk("words", "render", "cancelled")
        (own,) = [json.loads(line) for line in desk("words", "list", "--json").splitlines() if '"Ada"' in line]
        assert (own["name"], own["part"], own["published"]["author"], own["draft"]) == ("cancelled", "sms", "Ada", None)

    def test_a_file_can_be_published_at_once(self, desk: Desk, tmp_path: Path) -> None:
        """With --publish it is sent; imported again it changes nothing."""
        for _ in range(2):
            shown = desk("words", "import", written(tmp_path), "--author", "Ada", "--publish")
            assert "prompts/cancelled.sms en version 2 is sent" in shown

    def test_an_old_version_comes_back(self, desk: Desk, tmp_path: Path) -> None:
        """Publishing an older version of one part sends it again, as a newer one; versions stay listed."""
        desk("words", "import", written(tmp_path), "--author", "Ada", "--publish")
        assert "A version is of one part" in desk("words", "publish", "cancelled", "--version", "1", code=1)
        one = ("--part", "sms", "--language", "en", "--recipient", "patient")
        assert "has no version 9" in desk("words", "publish", "cancelled", *one, "--version", "9", code=1)
        desk("words", "publish", "cancelled", *one, "--version", "1")
        assert REPLACED not in desk("words", "render", "cancelled")
        shown = desk("words", "show", "cancelled", "--part", "sms", "--versions")
        assert shown.index("version 3, published, by shipped") < shown.index("version 2, published, by Ada")

    def test_a_draft_can_be_dropped(self, desk: Desk, tmp_path: Path) -> None:
        """Discarded it waits no longer, and there is nothing to publish."""
        desk("words", "import", written(tmp_path), "--author", "Ada")
        assert "waits no longer" in desk("words", "discard", "cancelled")
        assert "No draft of prompts/cancelled waits" in desk("words", "publish", "cancelled", code=1)

    def test_a_part_alone_is_published(self, desk: Desk, tmp_path: Path) -> None:
        """Drafts that are not meant keep waiting."""
        two = OWN + "subject = 'It is off'\n"
        desk("words", "import", written(tmp_path, two), "--author", "Ada")
        assert "cancelled.subject" not in desk("words", "publish", "cancelled", "--part", "sms")
        assert "subject en: version 2 by Ada" in desk("words", "list")

    def test_one_error_keeps_the_whole_file_out(self, desk: Desk, tmp_path: Path) -> None:
        """Nothing of a file with one bad wording is kept."""
        bad = OWN + "subject = 'Reply YES\\n'\nemail = '{{ nobody }}'\n"
        assert "nothing was changed" in desk("words", "import", written(tmp_path, bad), "--author", "Ada", code=1)
        assert "Ada" not in desk("words", "list")

    def test_one_refusal_keeps_the_whole_file_out(self, desk: Desk, tmp_path: Path) -> None:
        """A site that is none refuses the wording before it as well."""
        at_site = OWN.replace('language = "en"', 'language = "en"\nsite = "nowhere#NONE"')
        shown = desk("words", "import", written(tmp_path, OWN + at_site), "--author", "Ada", "--publish", code=1)
        assert "No place is of the site nowhere#NONE" in shown
        assert "Ada" not in desk("words", "list")

    def test_an_author_is_needed(self, desk: Desk, tmp_path: Path) -> None:
        """Nobody writes as the program itself."""
        assert "needs an author" in desk("words", "import", written(tmp_path), "--author", "shipped", code=1)

    def test_a_site_has_words_of_its_own(self, desk: Desk, tmp_path: Path) -> None:
        """They are rendered at that site alone, and the list names it."""
        site = f"{RIVERSIDE.source}#MSK"
        desk.do(lambda connection: connection.execute(
            "INSERT INTO places.places (source, clinic, name, phone, sender, address, zone, site)"
            " VALUES ($1, 'MSK', 'n', 'p', 's', 'a', 'Europe/London', 'MSK')", RIVERSIDE.source,
        ))  # fmt: skip
        text = OWN.replace('language = "en"', f'language = "en"\nsite = "{site}"')
        desk("words", "import", written(tmp_path, text), "--author", "Ada", "--publish")
        assert f"text en, {site}: version 1 by Ada" in desk("words", "list")
        assert REPLACED not in desk("words", "render", "cancelled")
        assert REPLACED in desk("words", "render", "cancelled", "--site", site)

    def test_a_changed_default_is_seen_to_wait(self, desk: Desk, tmp_path: Path) -> None:
        """Where operators have their own, what ships anew waits as a draft, and the list says what it is."""
        desk("words", "import", written(tmp_path), "--author", "Ada", "--publish")
        desk.do(lambda connection: connection.execute(
            "INSERT INTO words.templates (planner, name, part, language, version, state, author, body)"
            " VALUES ('prompts', 'cancelled', 'sms', 'en', 3, 'draft', 'shipped', 'Off.')",
        ))  # fmt: skip
        assert "text en: what is shipped has changed (version 3)" in desk("words", "list")

    def test_the_check_reads_what_is_kept(self, desk: Desk) -> None:
        """Published words and drafts are both checked, and it is said which is which."""
        desk.do(lambda connection: connection.execute(
            "INSERT INTO words.templates (planner, name, part, language, version, state, author, body)"
            " VALUES ('prompts', 'cancelled', 'sms', 'en', 2, 'draft', 'Ada', 'Reply YES, or call {{ place.phone }}')",
        ))  # fmt: skip
        shown = desk("words", "check", code=1)
        assert "reserved_word" in shown.partition("If the drafts were published:")[2]
        assert "reserved_word" in desk("words", "publish", "cancelled", code=1)

    def test_what_waited_for_words_is_looked_at_again(self, desk: Desk, tmp_path: Path) -> None:
        """Published words send at once what waits for them; a draft wakes nobody."""

        async def wait(connection: Connection) -> None:
            async with asyncpg.create_pool(desk.url, min_size=1, max_size=2) as pool:
                await Harness(pool, Encryption.of(KEYS, INDEX_KEY)).clinic_says(appointment())
            await connection.execute(
                "UPDATE schedule.messages SET why = 'no_words', due_at = send_at + interval '15 minutes'"
            )

        def waiting() -> int:
            late = "SELECT count(*) FROM schedule.messages WHERE due_at > send_at"
            return int(desk.do(lambda connection: connection.fetchval(late)))

        desk.do(wait)
        desk("words", "import", written(tmp_path), "--author", "Ada")
        assert waiting() == 2
        desk("words", "publish", "cancelled")
        assert waiting() == 0

    def test_the_doctor_names_words_that_no_longer_fit(
        self, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A release that brings other data than published words name: the doctor says which, and the cure."""
        desk("words", "import", written(tmp_path), "--author", "Ada", "--publish")
        monkeypatch.setenv("COCREATE_KAFKA_URL", NO_KAFKA)
        without = replace(shipped_forms()["prompts", "cancelled"], fields={})
        desk.do(
            lambda connection: connection.execute(
                "UPDATE words.forms SET form = $1 WHERE (planner, name) = ('prompts', 'cancelled')", as_json(without)
            )
        )
        shown = desk("doctor", code=1)
        assert "prompts/cancelled.sms en version 2 no longer fits its message, which waits: Line 1: start is" in shown
        assert "import others, or publish what is shipped (`cocreate words show prompts/cancelled" in shown

    def test_the_doctor_names_places_that_are_cut(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that was registered when longer ones were taken."""
        monkeypatch.setenv("COCREATE_KAFKA_URL", NO_KAFKA)
        long = replace(RIVERSIDE, name="Riverside " * 5)
        desk.do(lambda connection: places.store(connection, [long]))
        assert "name has 50 characters, 40 are taken now" in desk("doctor", code=1)


JOINED = ("with a link", "the link comes by e-mail", "the link is asked for by telephone")
MET = ("in-person", "telephone", "video", *(f"{how}, video" for how in JOINED))
OTHERS = ("", ", another still stands", ", two others still stand")
LAST = "end not known, telephone"
CASES = {
    "agenda": [*MET, LAST],
    "agenda.several": ["two of them", "three of them"],
    "cancelled": [
        f"by the {who}, {case}"
        for who in ("patient", "clinic")
        for case in (*(f"{how}{others}" for how in MET for others in OTHERS), LAST)
    ],
    "goal": ["several goals", "one goal"],
    "opted_out": ["all", "appointments", "goals", "groups"],
}


@pytest.mark.parametrize("name", CASES)
def test_examples_take_every_branch_that_happens(name: str) -> None:
    """Each way of meeting, who cancelled, how many: called in few words, and none that no plan brings."""
    (form,) = [form for (_, called), form in shipped_forms().items() if called == name]
    assert [example.case for example in examples(form)] == CASES[name]


def test_examples_are_always_the_same() -> None:
    """Two looks at the gallery show the same."""
    forms: Any = shipped_forms().values()
    assert [list(examples(form)) for form in forms] == [list(examples(form)) for form in forms]
