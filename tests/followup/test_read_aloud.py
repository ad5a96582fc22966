"""Whole texts about goals and missed appointments, as they were read aloud: to patients and to carers."""

import pytest

from shared.words.book import Rendered
from shared.words.wording import Recipient
from tests.followup.test_templates import message, rendered


@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param(
            rendered(message("goal"), way="free text"),
            "Elm NHS: Ada, you set a goal with us on Wednesday 16 September. How did it go? Reply A: I did it, B: I "
            "did some, C: not yet. Or text us in your own words. We don't read texts straight away. Any answer is "
            "fine. 9: no more texts about goals. Want to talk? Call 0191 498 0001.",
            id="en: asked, and may write",
        ),
        pytest.param(
            rendered(message("goal"), way="answers"),
            "Elm NHS: Ada, you set a goal with us on Wednesday 16 September. How did it go? Reply A: I did it, B: I "
            "did some, C: not yet. Any answer is fine. 9: no more texts about goals. Want to talk? Call 0191 498 "
            "0001.",
            id="en: asked, and may answer",
        ),
        pytest.param(
            rendered(message("goal"), way="no answers"),
            "Elm NHS: Ada, you set a goal with us on Wednesday 16 September. How did it go? Any answer is fine: tell"
            " us when we next meet. Want to talk? Call 0191 498 0001.",
            id="en: asked, and may call",
        ),
        pytest.param(
            rendered(message("goal", several=True), way="answers"),
            "Elm NHS: Ada, you set goals with us. How did they go? Reply A: I did it, B: I did some, C: not yet. Any"
            " answer is fine. 9: no more texts about goals. Want to talk? Call 0191 498 0001.",
            id="en: several",
        ),
        pytest.param(
            rendered(message("goal"), language="cy", way="free text"),
            "GIG Llwyfen: Ada, fe wnaethoch chi osod nod gyda ni ar ddydd Mercher 16 Medi. Sut aeth hi? Atebwch A: "
            "fe wnes i hynny, B: fe wnes i rywfaint, C: ddim eto. Neu anfonwch neges yn eich geiriau eich hun. Dydyn"
            " ni ddim yn darllen negeseuon yn syth. Mae unrhyw ateb yn iawn. 9: dim mwy o negeseuon am nodau. Eisiau"
            " siarad? Ffoniwch 0191 498 0001.",
            id="cy: asked, and may write",
        ),
        pytest.param(
            rendered(message("goal"), recipient=Recipient.CARER, way="answers"),
            "Elm NHS: Ada set a goal with us on Wednesday 16 September. How did it go? Please ask them, and reply A:"
            " did it, B: did some, C: not yet. Any answer is fine. 9: no more texts about goals. Want to talk? Call "
            "0191 498 0001.",
            id="en: carer asks",
        ),
        pytest.param(
            rendered(message("goal"), recipient=Recipient.CARER, language="cy", way="answers"),
            "GIG Llwyfen: Fe wnaeth Ada osod nod gyda ni ar ddydd Mercher 16 Medi. Sut aeth hi? Gofynnwch, ac "
            "atebwch A: wedi llwyddo, B: wedi gwneud rhywfaint, C: ddim eto. Mae unrhyw ateb yn iawn. 9: dim mwy o "
            "negeseuon am nodau. Eisiau siarad? Ffoniwch 0191 498 0001.",
            id="cy: carer asks",
        ),
        pytest.param(
            rendered(message("goal.again"), way="answers"),
            "Elm NHS: Ada, we asked you a few days ago about the goal you set with us on Wednesday 16 September. "
            "It's fine if it was not the right time. How did it go? Reply A: I did it, B: I did some, C: not yet. 9:"
            " no more texts about goals. Want to talk? Call 0191 498 0001.",
            id="en: after a silence",
        ),
        pytest.param(
            rendered(message("goal.again"), language="cy", way="answers"),
            "GIG Llwyfen: Ada, fe wnaethom ni ofyn am y nod a osodoch chi gyda ni ar ddydd Mercher 16 Medi. Mae'n "
            "iawn os nad oedd yn amser da. Sut aeth hi? Atebwch A: fe wnes i hynny, B: fe wnes i rywfaint, C: ddim "
            "eto. 9: dim mwy o negeseuon am nodau. Eisiau siarad? Ffoniwch 0191 498 0001.",
            id="cy: after a silence",
        ),
        pytest.param(
            rendered(message("goal.again"), recipient=Recipient.CARER, way="answers"),
            "Elm NHS: Ada set a goal with us on Wednesday 16 September. We asked a few days ago how it went, and "
            "it's fine if it was not the right time. Please ask them, and reply A: did it, B: did some, C: not yet. "
            "9: no more texts about goals. Want to talk? Call 0191 498 0001.",
            id="en: carer, after a silence",
        ),
        pytest.param(
            rendered(message("goal.sure")),
            "Elm NHS: Ada, thank you. That is good to hear. Want to talk? Call 0191 498 0001.",
            id="en: sure",
        ),
        pytest.param(
            rendered(message("goal.sure", low=True)),
            "Elm NHS: Ada, thank you. That is fine, and it helps us to know. We can think about it together. Want to"
            " talk? Call 0191 498 0001.",
            id="en: not sure",
        ),
        pytest.param(
            rendered(message("goal.sure", low=True, called=True)),
            "Elm NHS: Ada, thank you. That is fine, and it helps us to know. We will be in touch. Want to talk? Call"
            " 0191 498 0001.",
            id="en: not sure, and called",
        ),
        pytest.param(
            rendered(message("goal.sure", low=True, called=True), language="cy"),
            "GIG Llwyfen: Ada, diolch. Mae hynny'n iawn, ac mae'n help i ni wybod. Byddwn ni'n cysylltu. Eisiau "
            "siarad? Ffoniwch 0191 498 0001.",
            id="cy: not sure, and called",
        ),
        pytest.param(
            rendered(message("goal.sure", low=True), recipient=Recipient.CARER),
            "Elm NHS: Thank you for telling us how sure Ada is. That is fine, and it helps us to know. We can think "
            "about it together. Want to talk? Call 0191 498 0001.",
            id="en: carer, not sure",
        ),
        pytest.param(
            rendered(message("goal.talk")),
            "Elm NHS: Ada, thank you. We will call you by 4.30pm on Thursday 1 October. Or call us: 0191 498 0001. "
            "Need help now? Call 111, or 999 in an emergency.",
            id="en: talk",
        ),
        pytest.param(
            rendered(message("goal.talk"), language="cy"),
            "GIG Llwyfen: Ada, diolch. Byddwn yn eich ffonio erbyn 4.30pm ar ddydd Iau 1 Hydref. Neu ffoniwch ni: "
            "0191 498 0001. Angen help nawr? Ffoniwch 111, neu 999 mewn argyfwng.",
            id="cy: talk",
        ),
        pytest.param(
            rendered(message("goal.words")),
            "Elm NHS: Ada, thank you for telling us. We have passed it on. We don't read texts straight away. Want "
            "to talk? Call 0191 498 0001. Need help now? Call 111, or 999 in an emergency.",
            id="en: own words",
        ),
        pytest.param(
            rendered(message("goal.words"), recipient=Recipient.CARER, language="cy"),
            "GIG Llwyfen: Diolch am ddweud wrthym am Ada. Rydyn ni wedi'i basio ymlaen. Dydyn ni ddim yn darllen "
            "negeseuon yn syth. Eisiau siarad? Ffoniwch 0191 498 0001. Angen help nawr? Ffoniwch 111, neu 999 mewn "
            "argyfwng.",
            id="cy: carer's own words",
        ),
        pytest.param(
            rendered(message("missed"), way="answers"),
            "Elm NHS: Ada, we missed you at your appointment on Tuesday 29 September. We hope you're OK. Sorry if we"
            " got this wrong. Reply 2: new time, 3: not needed. Or call 0191 498 0001.",
            id="en: missed",
        ),
        pytest.param(
            rendered(message("missed.new_time")),
            "Elm NHS: Ada, thank you. We have passed it on, and somebody will find you a new time. We will be in "
            "touch. Can't wait? Call 0191 498 0001.",
            id="en: a new time",
        ),
        pytest.param(
            rendered(message("missed.new_time"), language="cy"),
            "GIG Llwyfen: Ada, diolch. Rydyn ni wedi'i basio ymlaen, a bydd rhywun yn dod o hyd i amser newydd i "
            "chi. Byddwn ni'n cysylltu. Methu aros? Ffoniwch 0191 498 0001.",
            id="cy: a new time",
        ),
        pytest.param(
            rendered(message("missed.not_needed")),
            "Elm NHS: Ada, thank you for telling us. We will let the team know. Do you need us after all, or feel "
            "worse? Call 0191 498 0001.",
            id="en: not needed",
        ),
        pytest.param(
            rendered(message("missed.not_needed"), recipient=Recipient.CARER, language="cy"),
            "GIG Llwyfen: Diolch am ddweud wrthym am Ada. Byddwn ni'n rhoi gwybod i'r tim. Angen ein gweld wedi'r "
            "cyfan, neu'n teimlo'n waeth? Ffoniwch 0191 498 0001.",
            id="cy: carer, not needed",
        ),
    ],
)
def test_read_aloud(read: Rendered, text: str) -> None:
    """The whole text, word for word: a change of words is a change of this table."""
    assert read.text == text


def test_both_languages_are_one_message() -> None:
    """Whoever reads both gets one text, Welsh first."""
    welsh, english = rendered(message("goal"), language="both", way="answers").text.split("\n\n")
    assert welsh == rendered(message("goal"), language="cy", way="answers").text
    assert english == rendered(message("goal"), language="en", way="answers").text
