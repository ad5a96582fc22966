"""Wordings as TOML: what planners ship, and what is exported comes back as it was."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words.files import dump, from_files, load
from shared.words.wording import Language, NotReadable, Part, Recipient, Slot, Wording, WordingState

HELLO = """
sms = '''
{{ first_name }}, hello.
Come.
'''
subject = "Hello"

[carer]
sms = "Hello, carer"
"""


def ship(folder: Path, **files: str) -> Path:
    """A planner's folder; a file is named `language__name`."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def test_a_planner_ships_a_file_a_message_and_language(tmp_path: Path) -> None:
    """The patient's parts stand at the top, the others' in their tables; space around words is none of them."""
    ship(tmp_path, en__hello=HELLO, cy__hello="sms = 'Helo'")
    assert from_files("p", tmp_path) == [
        Wording(slot=Slot(planner="p", name="hello", part=Part.SMS, language=Language.WELSH), body="Helo"),
        Wording(slot=Slot(planner="p", name="hello", part=Part.SMS), body="{{ first_name }}, hello.\nCome."),
        Wording(slot=Slot(planner="p", name="hello", part=Part.SUBJECT), body="Hello"),
        Wording(slot=Slot(planner="p", name="hello", part=Part.SMS, recipient=Recipient.CARER), body="Hello, carer"),
    ]


def test_what_is_no_toml_is_none_of_ours(tmp_path: Path) -> None:
    """Notes and backups are passed over; a folder that isn't there ships nothing."""
    for name in ("en__hello", "en__hello.several"):
        ship(tmp_path, **{name: "sms = 'x'"})
    (tmp_path / "en" / "hello.txt").write_text("text")
    (tmp_path / "README.toml").write_text("text")
    assert [wording.slot.name for wording in from_files("p", tmp_path)] == ["hello.several", "hello"]
    assert from_files("p", tmp_path / "nowhere") == []


WRONG = [
    pytest.param("en__x", "smss = 'x'", "en/x.toml has smss: the parts of a message are sms,", id="an unknown part"),
    pytest.param("en__x", "[nurse]\nsms = 'x'", "en/x.toml has nurse", id="an unknown recipient"),
    pytest.param("en__x", "[carer]\nxms = 'x'", r"en/x.toml, \[carer\], has xms", id="an unknown part of a carer's"),
    pytest.param("en__x", "[carer.sms]\nx = 'x'", r"\[carer\], has no words in sms", id="a table for words"),
    pytest.param("en__x", "carer = 'x'", r"en/x.toml has carer = …: write \[carer\]", id="words for a table"),
    pytest.param("en__x", "sms = 7", "en/x.toml has no words in sms: put them between '''", id="a number"),
    pytest.param("en__x", "sms = ' '", "or leave the key out", id="no words"),
    pytest.param("en__x", "sms = {{ x }}", "en/x.toml is no TOML: .*line 1.*Put words between '''", id="no TOML"),
    pytest.param("en__x", "sms = 'x'\nsms = 'x'", "en/x.toml is no TOML", id="a part twice"),
    pytest.param("fr__x", "sms = 'x'", "fr/x.toml is in the language 'fr'.*use en or cy", id="another language"),
]


@pytest.mark.parametrize(("name", "text", "message"), WRONG)
def test_a_file_that_is_not_written_as_one(tmp_path: Path, name: str, text: str, message: str) -> None:
    """The error names the file, what is wrong in it, and what to write instead."""
    with pytest.raises(NotReadable, match=message):
        from_files("p", ship(tmp_path, **{name: text}))


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    """A Windows editor's accents are named as such."""
    ship(tmp_path, cy__x="")
    (tmp_path / "cy" / "x.toml").write_bytes("sms = 'Tŷ'".encode("cp1250", "replace") + b"\xff")
    with pytest.raises(NotReadable, match=r"cy/x\.toml is not UTF-8"):
        from_files("p", tmp_path)


SLOTS = [
    Slot(planner=planner, name=name, part=part, language=language, recipient=recipient, site=site)
    for planner, name, part, language, recipient, site in product(
        ("p", "q"), ("hello", "hello.several"), Part, Language, Recipient, ("", "https://s.example.org#MSK")
    )
]
BODIES = st.one_of(
    st.text(min_size=1),
    st.text("ab'\"\\\n\r\t {}%é\u2028\x00\x1f", min_size=1),
).filter(lambda text: bool(text.strip()))
WORDINGS = st.dictionaries(st.sampled_from(SLOTS), BODIES.map(str.strip), max_size=12)


@given(WORDINGS)
def test_what_is_dumped_is_loaded_again(bodies: dict[Slot, str]) -> None:
    """Slots and bodies come back letter for letter, whatever the words hold; the order of the input doesn't matter."""
    wordings = [Wording(slot=slot, body=body) for slot, body in bodies.items()]
    dumped = dump(wordings)
    assert {wording.slot: wording.body for wording in load(dumped)} == bodies
    assert dump(reversed(wordings)) == dumped


def test_an_export_reads_like_what_was_written() -> None:
    """Words of several lines, with quotation marks and backslashes stand as they are."""
    slot = Slot(planner="p", name="hello", part=Part.SMS, site="s#MSK")
    drafted = Wording(slot=slot, body='One, "two".\nThree.', version=7, state=WordingState.DRAFT, author="Operator")
    carer = Wording(
        slot=Slot(
            planner="p", name="hello", part=Part.SMS, language=Language.ENGLISH, recipient=Recipient.CARER, site="s#MSK"
        ),
        body="Hello",
    )
    gone = Wording(slot=Slot(planner="p", name="hello", part=Part.EMAIL), body="")
    assert dump([carer, drafted, gone]) == (
        '[[message]]\nplanner = "p"\nname = "hello"\nlanguage = "en"\nsite = "s#MSK"\n'
        "sms = '''\nOne, \"two\".\nThree.\n'''\n\n[message.carer]\nsms = \"Hello\"\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "sms = 'x'", r"has sms outside a message: begin each message with \[\[message\]\]", id="no message"
        ),
        pytest.param("[message]\nplanner = 'p'", "write two brackets", id="one bracket"),
        pytest.param("[[message]]\nname = 'x'\nlanguage = 'en'", "Message 1 is not said whose it is", id="no planner"),
        pytest.param("[[message]]\nplanner = 'p'\nname = 'x'", "Message 1 is in the language ''", id="no language"),
        pytest.param(
            "[[message]]\nplanner = 'p'\nname = 'x'\nlanguage = 1", "Message 1 is not said whose", id="a number"
        ),
        pytest.param(
            "[[message]]\nplanner = 'p'\nname = 'x'\nlanguage = 'en'\nversion = 1", "Message 1 has version", id="more"
        ),
        pytest.param(
            2 * "[[message]]\nplanner = 'p'\nname = 'x'\nlanguage = 'en'\nsms = 'x'\n",
            "has x.sms in en twice",
            id="the same twice",
        ),
        pytest.param("x = " + "[" * 100_000, "The file is no TOML", id="nested without end"),
    ],
)
def test_an_export_that_is_not_written_as_one(text: str, message: str) -> None:
    """What is wrong is named with its message's number and the cure."""
    with pytest.raises(NotReadable, match=message):
        load(text)
