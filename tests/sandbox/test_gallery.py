"""The page of words shows what it is given, side by side, and lets nothing out of its frames."""

import aiohttp
import pytest

from services.sandbox.app import Sandbox
from services.sandbox.gallery import EmailSample, Gallery, Sample, SmsSample
from services.sandbox.settings import Settings

EVIL = "<script>alert('x')</script>"

ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//test//EN
METHOD:CANCEL
BEGIN:VEVENT
UID:1
DTSTAMP:20261124T100000Z
DTSTART:20261201T143000Z
DTEND:20261201T150000Z
SEQUENCE:2
SUMMARY:Appointment
LOCATION:The Old Library
END:VEVENT
END:VCALENDAR
"""


def sample(language: str, message: str = "prompts/agenda", case: str = "by video", text: str = "Come.") -> Sample:
    texts = (SmsSample(text, "1 segment, GSM-7, 5 of 160", "no answers"), SmsSample(f"{text} Reply 1.", "2 segments"))
    return Sample(
        message=message,
        case=case,
        reader="carer",
        language=language,
        texts=texts,
        mail=EmailSample(f"Subject {language}", f"<p>{text}</p>", text, (ICS, "x")),
    )


async def get(settings: Settings, gallery: Gallery | None, path: str) -> tuple[int, str, str]:
    """Status, page and policy."""
    async with (
        Sandbox(settings, gallery=gallery) as sandbox,
        aiohttp.ClientSession(sandbox.url) as session,
        session.get(path) as answer,
    ):
        return answer.status, await answer.text(), answer.headers.get("Content-Security-Policy", "")


async def test_a_message_is_shown_with_its_price_its_mail_and_its_entry(settings: Settings) -> None:
    """Bubbles with cost and note, subject, frame and calendar slip; a calendar file that can't be read is left out."""
    status, html, _ = await get(settings, lambda: [sample("en")], "/words")
    assert status == 200
    for seen in (
        "by video, to the carer", "English", "Come.</p>", "Come. Reply 1.</p>", "1 segment, GSM-7, 5 of 160",
        "no answers", "Subject en", "&lt;p&gt;Come.&lt;/p&gt;", "The Old Library", "Cancelled", "Tue 1 Dec 14:30",
        "to 15:00",
    ):  # fmt: skip
        assert seen in html, seen
    assert html.count('class="slip gone"') == 1


async def test_languages_stand_side_by_side(settings: Settings) -> None:
    """What differs in its language alone is one spread; in both languages only its price is told again."""
    languages = [sample(language, text=language) for language in ("en", "cy", "both")]
    _, html, _ = await get(settings, lambda: languages, "/words")
    assert html.count('<article class="spread">') == 1
    assert html.count('<p class="body" lang="cy" dir="auto">') == 2
    assert 'lang="both"' not in html
    assert html.count("<strong>2 segments</strong>") == 3


async def test_one_message_can_be_chosen(settings: Settings) -> None:
    """A link for each message shows it alone, with its mails open; of one that is none it says so."""
    gallery = [sample("en"), sample("en", "prompts/agenda", "by phone"), sample("en", "followup/goal", "", "Goal.")]
    _, every, _ = await get(settings, lambda: gallery, "/words")
    assert every.count('<article class="spread">') == 3
    assert '<details class="letter">' in every
    _, one, _ = await get(settings, lambda: gallery, "/words?message=followup%2Fgoal")
    assert (one.count('<article class="spread">'), "Come." in one) == (1, False)
    assert '<details class="letter" open>' in one
    for html in (every, one):
        assert '<a href="/words?message=prompts/agenda"' in html
    status, none, _ = await get(settings, lambda: gallery, "/words?message=%3Cb%3E")
    assert (status, "There is no message &lt;b&gt;." in none) == (404, True)


async def test_nothing_escapes(settings: Settings) -> None:
    """Markup in words is shown, never run, and mails stay in a frame without scripts."""
    _, html, policy = await get(settings, lambda: [sample("en", case=EVIL, text=EVIL)], "/words")
    assert EVIL not in html
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in html
    assert "default-src 'none'; script-src 'self'" in policy


@pytest.mark.parametrize(("gallery", "status"), [(None, 404), (lambda: [sample("en")], 200)], ids=["without", "with"])
async def test_the_page_is_there_where_somebody_makes_samples(
    gallery: Gallery | None, status: int, settings: Settings
) -> None:
    """Without a gallery neither the page nor the link to it is there; no samples are made until somebody looks."""
    assert (await get(settings, gallery, "/words"))[0] == status
    _, html, _ = await get(settings, gallery, "/")
    assert ('href="/words"' in html) is (status == 200)


async def test_the_phones_need_no_samples(settings: Settings) -> None:
    """Samples are made when somebody looks at words, not before."""

    def never() -> list[Sample]:
        raise AssertionError

    assert (await get(settings, never, "/"))[0] == 200
