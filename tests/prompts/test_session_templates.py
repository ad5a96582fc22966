"""The shipped words about sessions of a course: asked for by real plans, right in each branch, read aloud."""

import re
from collections.abc import Iterator
from itertools import product

import pytest

from services.prompts.messages import PromptKind
from shared.rules.plan import Message
from shared.words.book import Rendered
from shared.words.forms import misfits
from shared.words.wording import Language, Recipient
from tests.prompts.course_fixtures import School, remind
from tests.prompts.test_session_notices import claimed
from tests.prompts.test_templates import FORM, LONG_AGO, READERS, rendered

SESSIONS = ("2026-09-23 10:45", "2026-09-24 10:45", "2026-10-07 10:45")
"""The first two are told on one day."""
LATER = ("2026-09-30 12:45", "2026-10-01 12:45", SESSIONS[2])
NEWS_AT = "2026-09-22 17:00"


def told(several: bool) -> School:
    """Somebody who was reminded of a session, or of two."""
    school = remind(School().course(LONG_AGO, SESSIONS, clinic="MSK").enrols(LONG_AGO), 1)
    return remind(school, 2) if several else school


def variants(kind: PromptKind) -> Iterator[Message]:
    """All that this message may be asked to say."""
    if kind is PromptKind.SESSION_REMINDER:
        yield School().course(LONG_AGO, LATER[:1], clinic="MSK").enrols(LONG_AGO).wanted(kind)
    elif kind is PromptKind.SESSION_ENCOURAGE:
        yield School().course(LONG_AGO, SESSIONS, clinic="MSK").enrols(LONG_AGO, missed=(1, 2)).wanted(kind)
    elif kind is PromptKind.SESSION_CANCELLED:
        yield from map(cancelled, (False, True), ("one", "several"))
        yield from (cancelled(several, "course") for several in (False, True))
    else:
        for several in (False, True):
            yield told(several).course(NEWS_AT, LATER, clinic="MSK").wanted(kind)
            yield told(several).course(NEWS_AT, SESSIONS, clinic="HILL").wanted(kind)
            off = claimed(told(several).course(NEWS_AT, SESSIONS, off=(1, 2), clinic="MSK"))
            back = off.course("2026-09-22 17:40", SESSIONS, clinic="MSK").plan().messages
            yield from (one for one in back if one.kind == kind)


def cancelled(several: bool, what: str) -> Message:
    """A cancellation of what was told; where it isn't all of the course, this goes on."""
    status = "cancelled" if what == "course" else "planned"
    return told(several).course(NEWS_AT, SESSIONS, (1, 2), status=status, clinic="MSK").wanted("session.cancelled")


KINDS = (
    PromptKind.SESSION_REMINDER,
    PromptKind.SESSION_ENCOURAGE,
    PromptKind.SESSION_MOVED,
    PromptKind.SESSION_CANCELLED,
)


@pytest.mark.parametrize("kind", KINDS)
def test_rules_ask_for_these_words(kind: PromptKind) -> None:
    """A real plan asks for each, and brings exactly what its form declares."""
    found = list(variants(kind))
    assert {one.template for one in found} == {kind}
    assert {misfits(FORM[kind], one.data) for one in found} == {()}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("recipient", READERS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_keeps_quiet(kind: PromptKind, recipient: Recipient, language: Language) -> None:
    """Each says whom to call, asks for no reply, reproaches nobody, and shows no more than "course"."""
    reproach = r"miss|absen|again|programme|why|colli|absen|rhaglen|pam\b|eto\b"
    for one, first_name in product(variants(kind), ("Ada", None)):
        text = rendered(one, "sms", recipient, language, "answers", first_name).text
        mail = rendered(one, "email", recipient, language, "answers", first_name)
        assert re.search(r"(call|ffoniwch) 0191 498 000\d", text, re.IGNORECASE)
        assert not re.search(r"reply|text us|atebwch|anfonwch", text + mail.text, re.IGNORECASE)
        assert not re.search(reproach, text + mail.text + mail.subject, re.IGNORECASE)
        assert not re.search(r"Ada|Elm|Hill|Llwyfen|Bryn|\d[ap]m", mail.subject)
        assert re.fullmatch(
            r"(Ada: c|C|The person you care for: c)(ourse|wrs)( Ada|, Elm NHS|, GIG Llwyfen| y .*)?", mail.title
        )
        for words in (text, mail.text, mail.subject):
            assert not re.search(r"  | \n|\n\n\n|\n |\.\.|,,| [.,]|[{}]|None|Undefined", words), words


def text(one: Message, recipient: Recipient = Recipient.PATIENT, language: str = "en") -> str:
    """A text as it is sent."""
    told_in: Rendered = rendered(one, recipient=recipient, language=language)
    return told_in.text


REMINDER, ENCOURAGE = (next(variants(kind)) for kind in (PromptKind.SESSION_REMINDER, PromptKind.SESSION_ENCOURAGE))
MOVED, ELSEWHERE, BACK, ALL_MOVED, ALL_ELSEWHERE, FIRST_BACK, NEXT_BACK = variants(PromptKind.SESSION_MOVED)
ONE_OFF, SEVERAL_OFF, COURSE_OFF, _ = variants(PromptKind.SESSION_CANCELLED)
CARER = Recipient.CARER


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param(
            text(REMINDER),
            "Elm NHS: Ada, a reminder of your course session on Wednesday 30 September at 12.45pm, Elm Centre. Can't"
            " come, or have a question? Call 0191 498 0001.",
            id="en: reminder",
        ),
        pytest.param(
            text(REMINDER, CARER),
            "Elm NHS: Ada has a course session on Wednesday 30 September at 12.45pm, Elm Centre. This is a reminder."
            " Can't come, or have a question? Call 0191 498 0001.",
            id="en: reminder, carer",
        ),
        pytest.param(
            text(REMINDER, language="cy"),
            "GIG Llwyfen: Ada, nodyn i'ch atgoffa am sesiwn eich cwrs ar ddydd Mercher 30 Medi am 12.45pm, Canolfan "
            "Llwyfen. Methu dod, neu oes gennych gwestiwn? Ffoniwch 0191 498 0001.",
            id="cy: reminder",
        ),
        pytest.param(
            text(ENCOURAGE),
            "Elm NHS: Ada, you are very welcome at your course on Wednesday 7 October at 10.45am, Elm Centre. Come "
            "just as you are: there is nothing to prepare. Want to talk first? Call 0191 498 0001.",
            id="en: encouragement",
        ),
        pytest.param(
            text(ENCOURAGE, CARER),
            "Elm NHS: Ada is very welcome at the next session of their course on Wednesday 7 October at 10.45am, Elm"
            " Centre. There is nothing to prepare. Want to talk first? Call 0191 498 0001.",
            id="en: encouragement, carer",
        ),
        pytest.param(
            text(ENCOURAGE, language="cy"),
            "GIG Llwyfen: Ada, mae croeso cynnes i chi ar eich cwrs ar ddydd Mercher 7 Hydref am 10.45am, Canolfan "
            "Llwyfen. Dewch fel yr ydych: does dim angen paratoi. Am siarad yn gyntaf? Ffoniwch 0191 498 0001.",
            id="cy: encouragement",
        ),
        pytest.param(
            text(MOVED),
            "Elm NHS: Ada, a session of your course has moved. It is now on Wednesday 30 September at 12.45pm, Elm "
            "Centre. Please do not come on Wednesday 23 September at 10.45am. Can't come? Call 0191 498 0001.",
            id="en: moved",
        ),
        pytest.param(
            text(ELSEWHERE),
            "Elm NHS: Ada, a session of your course is still on Wednesday 23 September at 10.45am, but in another "
            "place: Hill House. Can't come? Call 0191 498 0002.",
            id="en: another place",
        ),
        pytest.param(
            text(BACK),
            "Elm NHS: Ada, a session of your course is going ahead after all: on Wednesday 23 September at 10.45am, "
            "Elm Centre. Sorry for the mix-up. Can't come? Call 0191 498 0001.",
            id="en: back on",
        ),
        pytest.param(
            text(ALL_MOVED),
            "Elm NHS: Ada, sessions of your course have moved. The first is now on Wednesday 30 September at "
            "12.45pm, Elm Centre. Please do not come Wed 23 Sept, Thu 24 Sept at 10.45am, at Elm Centre. "
            "We will remind you of the others. Can't come? Call 0191 498 0001.",
            id="en: several moved",
        ),
        pytest.param(
            text(NEXT_BACK, CARER),
            text(FIRST_BACK, CARER).replace("Wednesday 23", "Thursday 24"),
            id="en: each that is back on has its own, carer",
        ),
        pytest.param(
            text(ALL_ELSEWHERE, language="cy"),
            "GIG Llwyfen: Ada, mae sesiynau eich cwrs wedi symud. Bydd y gyntaf nawr ar ddydd Mercher 23 Medi am "
            "10.45am, Ty'r Bryn. Byddwn yn eich atgoffa am y lleill. Methu dod? Ffoniwch 0191 498 0002.",
            id="cy: several in another place",
        ),
        pytest.param(
            text(ONE_OFF),
            "Elm NHS: Ada, the session of your course on Wednesday 23 September at 10.45am is cancelled. Please do "
            "not come. We are sorry. We will remind you of the next session. Have a question? Call 0191 498 0001.",
            id="en: a session is off",
        ),
        pytest.param(
            text(SEVERAL_OFF),
            "Elm NHS: Ada, sessions of your course are cancelled: the first on Wednesday 23 September at 10.45am, "
            "the last on Thursday 24 September at 10.45am. Please do not come. We are sorry. We will remind you of "
            "the next session. Have a question? Call 0191 498 0001.",
            id="en: several are off",
        ),
        pytest.param(
            text(COURSE_OFF),
            "Elm NHS: Ada, your course is cancelled. Please do not come on Wednesday 23 September. We are sorry. "
            "Have a question? Call 0191 498 0001.",
            id="en: the course is off",
        ),
        pytest.param(
            text(COURSE_OFF, CARER, "cy"),
            "GIG Llwyfen: Mae cwrs Ada wedi'i ganslo. Peidiwch a dod ar ddydd Mercher 23 Medi. Mae'n ddrwg gennym. "
            "Cwestiwn? Ffoniwch 0191 498 0001.",
            id="cy: the course is off, carer",
        ),
    ],
)
def test_read_aloud(read: str, expected: str) -> None:
    """As somebody would say it."""
    assert read == expected
