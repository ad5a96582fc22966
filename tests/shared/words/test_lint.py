"""The lint: every rule finds what it is for, says how to mend it, and leaves good wordings alone."""

import time
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.replies.answer_tokens import RESERVED, TOKENS
from shared.words.forms import Choice, Field, Form
from shared.words.lint import Finding, Rule, Severity, lint, lint_all
from shared.words.rules.asking import A_NUMBER, asked
from shared.words.rules.links import foreign
from shared.words.rules.reading_age import FEWEST_WORDS, hardest, reading_age, sentences
from shared.words.rules.vocabulary import revealing_words
from shared.words.wording import Language, Part, Recipient, Slot, Wording

# ruff: noqa: RUF001 - curly apostrophes and look-alikes are what people paste

DOMAINS = frozenset({"nhs.uk", "gov.wales"})
EN, CY = Language.ENGLISH, Language.WELSH
CALL = " Call {{ place.phone }}. {{ place.sender }}"

ONE: Mapping[str, Field | Choice] = {
    "start": Field.INSTANT,
    "mode": Choice(("in-person", "video")),
    "place": Field.PLACE,
}
REMINDER = Form(name="reminder", category="appointments", fields=ONE, answers=frozenset({"1", "2", "3"}))
AGENDA = Form(name="agenda", category="appointments", fields=ONE, answers=frozenset({"2"}), open_question=True)
GROUP = Form(
    name="group", category="groups", fields={"place": Field.PLACE}, answers=frozenset({"IN", "OUT", "LATER", "9"})
)
GOAL = Form(
    name="goal", category="goals", fields={"place": Field.PLACE}, answers=frozenset({"A", "B", "C", "9", "SURE"})
)
NOTICE = Form(name="notice", category="appointments", fields=ONE)
SEVERAL = Form(name="several", category="appointments", fields={"place": Field.PLACE, "visits": Field.VISITS})
THANKS = Form(name="thanks", category="answers", fields={"place": Field.PLACE}, needs_contact=False)


def slot(form: Form = REMINDER, part: Part = Part.SMS, language: Language = EN, **more: str) -> Slot:
    return Slot(
        planner="prompts",
        name=form.name,
        part=part,
        language=language,
        recipient=Recipient(more.get("recipient", "patient")),
        site=more.get("site", ""),
    )


def linted(
    body: str, form: Form = REMINDER, part: Part = Part.SMS, language: Language = EN, recipient: str = "patient"
) -> list[Finding]:
    return lint(Wording(slot=slot(form, part, language, recipient=recipient), body=body), form, DOMAINS)


def rules(found: list[Finding], severity: Severity = Severity.ERROR) -> set[str]:
    return {one.rule.value for one in found if one.severity is severity}


def answering(text: str, otherwise: str = "") -> str:
    return f"{{% if can_answer %}}{text}{{% else %}}{otherwise}{{% endif %}}"


LONG = "We look forward to it and hope that you are well and that all goes fine for you. "
HARD = (
    "Notwithstanding aforementioned administrative considerations, individuals are respectfully requested to "
    "communicate their availability to the responsible organisation at the earliest opportunity."
)

BAD = [
    # wording, form, rule, words of the message
    pytest.param("{{ frist_name }}, hello." + CALL, REMINDER, "unknown_placeholder", "first_name", id="misspelt"),
    pytest.param("((old day)) is off." + CALL, REMINDER, "unknown_placeholder", "old_day", id="as Notify writes"),
    pytest.param("On {{ start }}." + CALL, REMINDER, "unknown_placeholder", "start|day", id="no filter"),
    pytest.param("{% for a in b %}{% endfor %}" + CALL, REMINDER, "not_allowed", "for", id="a loop"),
    pytest.param("((name" + CALL, REMINDER, "not_allowed", "((", id="not closed"),
    pytest.param("", REMINDER, "empty", "Write", id="nothing"),
    pytest.param("{% if mode == 'video' %}Call {{ place.phone }}.{% endif %}", REMINDER, "empty", "mode in-person",
                 id="nothing in a branch"),
    *(pytest.param(answering(f"Reply {word} to confirm.") + CALL, REMINDER, "reserved_word", word, id=f"asks {word}")
      for word in sorted(RESERVED)),
    pytest.param(answering("Please reply yes or no.") + CALL, REMINDER, "reserved_word", "YES", id="small letters"),
    pytest.param(answering("Text ‘STOP’ to opt out.") + CALL, REMINDER, "reserved_word", "STOP", id="quoted"),
    pytest.param(answering("To stop these, send STOP to us.") + CALL, REMINDER, "reserved_word", "STOP", id="send"),
    pytest.param(answering("Reply 1: coming or CANCEL.") + CALL, REMINDER, "reserved_word", "CANCEL", id="second"),
    pytest.param(answering("YES: coming.") + CALL, REMINDER, "reserved_word", "YES", id="at the head of its meaning"),
    pytest.param(answering("Reply A: I did it.") + CALL, REMINDER, "answers_overlap", "did it", id="another's"),
    pytest.param(answering("Reply 4.") + CALL, REMINDER, "answers_overlap", "nobody understands", id="unknown number"),
    pytest.param(answering("Reply Y or N.") + CALL, REMINDER, "answers_overlap", '"N"', id="unknown letter"),
    pytest.param(answering("Reply OK.") + CALL, NOTICE, "answers_overlap", "call instead", id="none is understood"),
    pytest.param(answering("Reply with a number from 0 to 10.") + CALL, GOAL, "answers_overlap", "bare number",
                 id="a bare number"),
    pytest.param(answering("Reply 1: coming, 2: new time, 1: not needed.") + CALL, REMINDER, "answers_overlap",
                 '"coming", "not needed"', id="two meanings"),
    pytest.param(answering("Reply 1: coming, 2: not needed, 3: new time.") + CALL, REMINDER, "answers_overlap",
                 "Exchange", id="mixed up"),
    pytest.param("Reply 1: coming, 2: new time." + CALL, REMINDER, "asks_where_none_can_answer", "can_answer",
                 id="asks everybody"),
    pytest.param("9: no more of these." + CALL, GROUP, "asks_where_none_can_answer", '"9"', id="nine alone"),
    pytest.param("Text us back." + CALL, AGENDA, "asks_where_none_can_answer", "Text us back", id="text us back"),
    pytest.param(answering("Text us back.") + CALL, AGENDA, "free_text_unstaffed", "can_write", id="nobody reads"),
    pytest.param(answering("Please reply with what matters to you.") + CALL, AGENDA, "free_text_unstaffed", "reply",
                 id="reply with"),
    pytest.param("{% if can_write %}Text us back.{% endif %}" + CALL, REMINDER, "free_text_unstaffed", '"1", "2", "3"',
                 id="no open question"),
    pytest.param("See you {{ start|on }}. {{ place.sender }}", REMINDER, "no_contact", "place.phone", id="no number"),
    pytest.param(answering("Need a new time? Reply 2.") + " {{ place.sender }}", REMINDER, "no_contact",
                 "where no answer reaches us", id="an answer alone"),
    pytest.param(answering("Reply 1: coming.") + " {{ place.sender }}", REMINDER, "no_contact", "call",
                 id="coming changes nothing"),
    pytest.param("Your diabetes review is {{ start|on }}." + CALL, REMINDER, "tells_condition", "diabetes",
                 id="condition"),
    pytest.param("Your Cardiology appointment." + CALL, REMINDER, "tells_condition", "cardiology", id="specialty"),
    pytest.param("Your Self-Management Programme meets." + CALL, REMINDER, "tells_condition", "self management",
                 id="programme"),
    pytest.param("Your SMP group meets." + CALL, REMINDER, "tells_condition", "SMP", id="SMP"),
    pytest.param("The pain clinic is here." + CALL, REMINDER, "tells_condition", "pain clinic", id="kind of clinic"),
    pytest.param("Dia{% if mode == 'video' %}betes{% else %}ry{% endif %}." + CALL, REMINDER, "tells_condition",
                 "diabetes", id="in pieces"),
    pytest.param("{{ 'asthma' }} news." + CALL, REMINDER, "tells_condition", "asthma", id="as a constant"),
    pytest.param("{{ first_name }}, " + LONG * 5 + CALL, REMINDER, "too_long", "Shorten it by", id="long"),
    pytest.param("{{ first_name }} ŷ " + LONG * 2 + CALL, REMINDER, "too_long", "without ŷ", id="one letter"),
    pytest.param("See https://example.org/x." + CALL, REMINDER, "link_not_allowed", "nhs.uk", id="elsewhere"),
    pytest.param("See http://nhs.uk/x." + CALL, REMINDER, "link_not_allowed", "https", id="no https"),
    pytest.param("See bit.ly/abc now." + CALL, REMINDER, "link_not_allowed", "bit.ly/abc", id="shortened"),
    pytest.param("See https://nhs.uk.example.org." + CALL, REMINDER, "link_not_allowed", "nhs.uk", id="looks alike"),
    pytest.param("See https://nhs.uk@example.org." + CALL, REMINDER, "link_not_allowed", "nhs.uk", id="user name"),
    pytest.param("Write to team@example.org." + CALL, REMINDER, "link_not_allowed", "team@", id="e-mail"),
    pytest.param("We meet.It helps." + CALL, REMINDER, "link_not_allowed", "space", id="no space after a stop"),
    pytest.param("See https://nhs.uk/{{ first_name }} now." + CALL, REMINDER, "link_not_allowed", "placeholder",
                 id="details in a link"),
    pytest.param(HARD + CALL, REMINDER, "reading_age", "Notwithstanding", id="hard to read"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "form", "rule", "says"), BAD)
def test_a_bad_wording_is_found(body: str, form: Form, rule: str, says: str) -> None:
    """Each fault is found as what it is, and its message quotes the words and says what to change."""
    found = linted(body, form)
    assert rule in rules(found)
    assert any(says in one.message and one.message.endswith(".") for one in found if one.rule == rule), found
    assert all(one.slot == slot(form) for one in found)


@pytest.mark.parametrize(("body", "form", "rule", "says"), BAD)
def test_a_fault_is_found_alone(body: str, form: Form, rule: str, says: str) -> None:
    """One fault is not taken for another, so the right thing is mended."""
    unread = {"free_text_unstaffed"} if body.startswith("Text us back") else set()  # who cannot write cannot answer
    assert rules(linted(body, form)) <= {rule, *unread}


GOOD = [
    pytest.param("{{ first_name }}, see you {{ start|on }} at {{ start|time }}." + CALL, REMINDER, id="plain"),
    pytest.param("((first name)), see you ((start|on))." + CALL, REMINDER, id="as Notify writes"),
    pytest.param(
        answering("Reply 1: coming, 2: new time, 3: not needed.", "Can't come?") + CALL, REMINDER, id="answers"
    ),
    pytest.param(answering("Reply:\n1 = coming\n2 = new time\n3 = not needed\n") + CALL, REMINDER, id="a list"),
    pytest.param(answering("Reply 2 or ring us.") + CALL, REMINDER, id="one of them"),
    pytest.param(answering("Reply IN (coming), OUT (not coming) or LATER. 9: no more.") + CALL, GROUP, id="groups"),
    pytest.param(answering("Reply SURE and a number from 0 to 10, like this: SURE 7.") + CALL, GOAL, id="sure"),
    pytest.param(
        answering("Reply A: I did it, B: I did some, C: not yet. Any answer is fine.") + CALL, GOAL, id="goals"
    ),
    pytest.param("{% if can_write %}Text us back. Texts wait until somebody can.{% endif %}" + CALL, AGENDA, id="open"),
    pytest.param("We can help. In the end start again, or cancel. Yes, stop by." + CALL, REMINDER, id="words"),
    pytest.param("Please do not reply to this text." + CALL, REMINDER, id="do not reply"),
    pytest.param("Our number may be hidden, so please answer. We reply soon." + CALL, REMINDER, id="answer the phone"),
    pytest.param("Need help now? Call 111, or 999 in an emergency." + CALL, REMINDER, id="emergency"),
    pytest.param("Sorry, an apology for our technology. By heart, with no pain." + CALL, REMINDER, id="harmless words"),
    pytest.param("Your course group meets at the health centre." + CALL, GROUP, id="a group"),
    pytest.param("See https://www.nhs.uk/start, or gov.wales." + CALL, REMINDER, id="allowed links"),
    pytest.param("At 9.30am, e.g. room 2.30, i.e. upstairs." + CALL, REMINDER, id="stops without links"),
    pytest.param("Thank you.", THANKS, id="no contact is needed"),
    pytest.param("Call {{ visits|phones }}.", SEVERAL, id="several numbers"),
    pytest.param("{{ first_name }}, " + LONG * 3 + CALL, REMINDER, id="three segments"),
]


@pytest.mark.parametrize(("body", "form"), GOOD)
def test_a_good_wording_is_left_alone(body: str, form: Form) -> None:
    """What only looks like a fault is none."""
    assert rules(linted(body, form)) == set(), linted(body, form)


WELSH = [
    pytest.param("Atebwch 1: dod, 2: amser newydd, 3: dim angen.", REMINDER, set(), id="answers"),
    pytest.param("Atebwch IE i gadarnhau.", REMINDER, {"answers_overlap"}, id="unknown"),
    pytest.param("Atebwch STOP.", REMINDER, {"reserved_word"}, id="reserved"),
    pytest.param("Atebwch 1: amser newydd.", REMINDER, {"answers_overlap"}, id="mixed up"),
    pytest.param("Anfonwch neges yn ôl.", AGENDA, {"free_text_unstaffed"}, id="own words"),
    pytest.param("Atebwch IN (dod), OUT (ddim yn dod) neu LATER.", GROUP, set(), id="groups"),
    pytest.param("Eich adolygiad ddiabetes.", REMINDER, {"tells_condition"}, id="soft mutation"),
    pytest.param("Mewn canolfan chanser.", REMINDER, {"tells_condition"}, id="aspirate mutation"),
    pytest.param("Y clinig cardioleg.", REMINDER, {"tells_condition"}, id="specialty"),
    pytest.param("Technoleg newydd, diolch o galon.", REMINDER, set(), id="harmless words"),
    pytest.param("Cofiwch ateb. Mae unrhyw ateb yn iawn.", REMINDER, set(), id="answer the phone"),
    pytest.param(HARD, REMINDER, set(), id="no reading age"),
]


@pytest.mark.parametrize(("text", "form", "expected"), WELSH)
def test_welsh_is_read_too(text: str, form: Form, expected: set[str]) -> None:
    """Answers, conditions and questions are found in Welsh, also where it mutates; reading age is not for Welsh."""
    body = answering(text) + " Ffoniwch {{ place.phone }}. {{ place.sender }}"
    assert rules(linted(body, form, language=CY)) == expected


MAILS = [
    pytest.param(Part.SUBJECT, "Your appointment {{ start|on }}", "patient", set(), set(), id="a subject"),
    pytest.param(Part.SUBJECT, "Your\nappointment", "patient", {"not_one_line"}, set(), id="two lines"),
    pytest.param(Part.CALENDAR, "Appointment{% if mode == 'video' %}\n{% endif %}, call", "patient", {"not_one_line"},
                 set(), id="a line end in a branch"),
    pytest.param(Part.SUBJECT, "Your asthma review", "patient", {"tells_condition"}, set(), id="seen on a lock screen"),
    pytest.param(Part.SUBJECT, "{{ place.name }} and {{ place.sender }}", "patient", set(), {"too_long"}, id="is cut"),
    pytest.param(Part.EMAIL, "Your asthma review. Call {{ place.phone }}.", "patient", set(), {"tells_condition"},
                 id="a mail is opened first"),
    pytest.param(Part.EMAIL, "{% if can_answer %}Reply 2.{% endif %} Call {{ place.phone }}.", "patient",
                 {"asks_where_none_can_answer"}, set(), id="nobody reads mail"),
    pytest.param(Part.EMAIL, "See you.", "patient", {"no_contact"}, set(), id="no number"),
    pytest.param(Part.EMAIL, "See you.", "carer", {"no_contact"}, set(), id="nor for carers"),
    pytest.param(Part.EMAIL, "See them. " + HARD, "clinician", set(), set(), id="clinicians can read"),
    pytest.param(Part.EMAIL, (LONG * 20) + CALL, "patient", set(), set(), id="a mail may be long"),
    pytest.param(Part.SMS, "{{ place.sender }}: " + LONG * 4 + CALL, "patient", set(), {"too_long"}, id="alphabets"),
    pytest.param(Part.SMS, "", "carer", set(), {"empty"}, id="carers read other words"),
    pytest.param(Part.CALENDAR, " ", "patient", set(), {"empty"}, id="a title is the subject"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "body", "recipient", "errors", "warnings"), MAILS)
def test_each_part_and_reader_has_its_own_rules(
    part: Part, body: str, recipient: str, errors: set[str], warnings: set[str]
) -> None:
    """A subject is one line, a mail is opened before it is read and reaches nobody, clinicians are no patients."""
    found = linted(body, part=part, recipient=recipient)
    assert (rules(found), rules(found, Severity.WARNING)) == (errors, warnings)


def everywhere(
    *wordings: tuple[Form, Language, str], forms: tuple[Form, ...] = (REMINDER, GOAL, GROUP)
) -> list[Finding]:
    return lint_all(
        [Wording(slot=slot(form, Part.SMS, language), body=body) for form, language, body in wordings],
        {("prompts", form.name): form for form in forms},
        DOMAINS,
    )


def test_a_message_needs_words_in_english_and_welsh() -> None:
    """What nobody could send is an error; what would be sent in another language is a warning."""
    found = everywhere((REMINDER, EN, "See you." + CALL))
    missing = {(one.severity, one.slot.part, one.slot.language) for one in found if one.rule is Rule.MISSING}
    assert missing == {
        (Severity.ERROR, Part.SUBJECT, EN), (Severity.ERROR, Part.EMAIL, EN), (Severity.WARNING, Part.SMS, CY),
    }  # fmt: skip


def test_a_broken_wording_is_not_missing_as_well() -> None:
    """One cause has one finding."""
    found = everywhere((REMINDER, EN, "{{ oh }}" + CALL), (REMINDER, CY, "See you." + CALL))
    assert [one.rule for one in found if one.slot == slot()] == [Rule.UNKNOWN_PLACEHOLDER]


def test_words_of_no_message_are_found() -> None:
    """A wording whose message there is not would never be sent."""
    found = everywhere((NOTICE, EN, "See you." + CALL))
    assert [one.rule for one in found] == [Rule.UNKNOWN_MESSAGE]
    assert "notice" in found[0].message


def test_two_languages_ask_for_the_same() -> None:
    """A Welsh reader has the answers that an English one has."""
    found = everywhere(
        (REMINDER, EN, answering("Reply 1: coming, 2: new time.") + CALL),
        (REMINDER, CY, answering("Atebwch 1: dod.") + CALL),
    )
    (overlap,) = [one for one in found if one.rule is Rule.ANSWERS_OVERLAP]
    assert overlap.slot.language is CY
    assert '"1", "2"' in overlap.message


def test_two_languages_fit_in_one_text() -> None:
    """Each alone may be three segments, and both together six: a letter of Welsh that costs twice is seen."""
    welsh = "{{ first_name }}, ŷ " + "dewch yma " * 7 + CALL
    found = everywhere((REMINDER, EN, "{{ first_name }}, " + LONG * 3 + CALL), (REMINDER, CY, welsh))
    (both,) = [one for one in found if one.rule is Rule.TOO_LONG and one.severity is Severity.ERROR]
    assert "6 at most" in both.message


def test_two_kinds_of_messages_have_their_own_answers() -> None:
    """The same answer to two questions would have to be guessed; nine, for no more of this kind, is everybody's."""
    mixed = replace(GOAL, answers=frozenset({"1", "9"}))
    body = answering("Reply 1. 9: no more of these.") + CALL
    both = replace(REMINDER, answers=frozenset({"1", "9"}))
    found = everywhere((both, EN, body), (mixed, EN, body), forms=(both, mixed))
    (overlap,) = [one for one in found if one.rule is Rule.ANSWERS_OVERLAP]
    assert '"1"' in overlap.message
    assert overlap.slot.name == "goal"


ASKED = [
    ("Reply 1: coming, 2: new time. Or call 01632 960000.", ("1", "2"), ()),
    ("Reply IN by 9.30am on Tuesday 1 December to take it, or OUT to pass it on.", ("IN", "OUT"), ()),
    ("Atebwch IN erbyn 2.30pm ar ddydd Mawrth 1 Rhagfyr i'w gymryd, neu OUT.", ("IN", "OUT"), ()),
    ("How sure are you, 0 to 10? Reply like this: SURE 7.", ("SURE",), ()),
    ("Reply IN and how many you are, like this: IN 2. Or OUT.", ("IN",), ()),
    ("Reply IN (coming), IN 2 (you and a guest), OUT or LATER.", ("IN", "OUT", "LATER"), ()),
    ("Atebwch IN a faint ydych chi, fel hyn: IN 2, neu OUT.", ("IN", "OUT"), ()),
    ("Not alone? Say how many you are in all, like this: IN 2.", (), ()),
    ("Reply with how many you are.", (A_NUMBER,), ()),
    ("Reply IN, 2 if you are two.", ("IN", "2"), ()),
    ("Text us back, or reply TALK if you want us to call.", ("TALK",), ("Text us back",)),
    ("Just text back 1 if you're coming or 2 if not.", ("1", "2"), ()),
    ('Respond with "CONFIRM".', ("CONFIRM",), ()),
    ("REPLY YES NOW", ("YES",), ()),
    ("Reply with any number.", (A_NUMBER,), ()),
    ("Text SHOUT to 85258 if you feel low.", (), ()),
    ("Answer our 5 questions in 10 minutes.", (), ()),
    ("Do not reply STOP. You can't reply.", (), ()),
    ("To reply, call us. Reply by phone.", (), ()),
    ("Reply to this text, please.", (), ("Reply",)),
    ("Nobody reads texts here. No more texts about goals.", (), ()),
    ("Call 111. We are at 1 Elm Road, 2 doors on.", (), ()),
]


@pytest.mark.parametrize(("text", "tokens", "own_words"), [pytest.param(*row, id=row[0][:40]) for row in ASKED])
def test_what_a_text_asks_for(text: str, tokens: tuple[str, ...], own_words: tuple[str, ...]) -> None:
    """Tokens and requests for own words are told apart, and from mere mentions of times, numbers and texts."""
    assert asked(text).tokens == tokens
    assert asked(text).own_words == own_words


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever an operator pastes, nothing breaks; and tokens come in capitals."""
    assert all(token == token.upper() or token == A_NUMBER for token in asked(text).tokens)
    revealing_words(text)
    foreign(text, DOMAINS)
    assert (reading_age(text) is None) or sentences(text)
    assert hardest(text) in text


@given(st.sampled_from(sorted({*TOKENS, *RESERVED})), st.sampled_from(["Reply {}.", "Text {} now.", "Atebwch {}."]))
def test_every_token_is_seen_where_it_is_asked_for(token: str, phrase: str) -> None:
    """No token and no reserved word slips through a usual phrase."""
    assert asked(phrase.format(token)).tokens == (token,)


def test_reading_ages_are_in_order() -> None:
    """Short words in short sentences are for the young; an officer's sentence is for nobody; two words tell nothing."""
    easy = "You have a chat on Monday at 9am. Please come. Bring your list with you."
    plain = "You have an appointment on Monday at 9am. Please call us if you need another time, or cannot come."
    ages = [reading_age(text) or 0 for text in (easy, plain, HARD)]
    assert ages == sorted(ages)
    assert ages[1] < 11 < ages[2]
    assert reading_age("Your appointment") is None
    assert reading_age(" ".join(["come"] * FEWEST_WORDS)) is not None


def test_a_wording_is_linted_at_once() -> None:
    """An operator waits for no wording: the one with most branches takes well under a second, compiled anew."""
    instants = dict.fromkeys(("start", "end", "old"), Field.INSTANT)
    form = Form(
        name="moved",
        category="appointments",
        fields={**ONE, **instants, "old_mode": Choice(("in-person", "telephone", "video"))},
    )
    began = time.process_time()
    found = linted("{{ first_name }}, now {{ start|on }}, not {{ old|on }} at {{ old|time }}." + CALL, form)
    assert time.process_time() - began < 1
    assert rules(found) == set()
