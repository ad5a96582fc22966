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
            "Ada, you set a goal with us on Wednesday 16 September. How did it go? Reply A: I did it, B: I did "
            "some, C: not yet. Or text us in your own words. We don't read texts straight away. Any answer is "
            "fine. 9: no more texts about goals. Want to talk? Call 0191 498 0001. Elm NHS",
            id="en: asked, and may write",
        ),
        pytest.param(
            rendered(message("goal"), way="answers"),
            "Ada, you set a goal with us on Wednesday 16 September. How did it go? Reply A: I did it, B: I did "
            "some, C: not yet. Any answer is fine. 9: no more texts about goals. Want to talk? Call 0191 498 "
            "0001. Elm NHS",
            id="en: asked, and may answer",
        ),
        pytest.param(
            rendered(message("goal"), way="no answers"),
            "Ada, you set a goal with us on Wednesday 16 September. How did it go? Any answer is fine: tell us "
            "when we next meet. Want to talk? Call 0191 498 0001. Elm NHS",
            id="en: asked, and may call",
        ),
        pytest.param(
            rendered(message("goal", several=True), way="answers"),
            "Ada, you set goals with us. How did they go? Reply A: I did it, B: I did some, C: not yet. Any "
            "answer is fine. 9: no more texts about goals. Want to talk? Call 0191 498 0001. Elm NHS",
            id="en: several",
        ),
        pytest.param(
            rendered(message("goal"), language="cy", way="free text"),
            "Ada, fe wnaethoch chi osod nod gyda ni ar ddydd Mercher 16 Medi. Sut aeth hi? Atebwch A: fe wnes i "
            "hynny, B: fe wnes i rywfaint, C: ddim eto. Neu anfonwch neges yn eich geiriau eich hun. Dydyn ni "
            "ddim yn darllen negeseuon yn syth. Mae unrhyw ateb yn iawn. 9: dim mwy o negeseuon am nodau. Eisiau "
            "siarad? Ffoniwch 0191 498 0001. GIG Llwyfen",
            id="cy: asked, and may write",
        ),
        pytest.param(
            rendered(message("goal"), recipient=Recipient.CARER, way="answers"),
            "Ada set a goal with us on Wednesday 16 September. How did it go? Please ask them, and reply A: did "
            "it, B: did some, C: not yet. Any answer is fine. 9: no more texts about goals. Want to talk? Call "
            "0191 498 0001. Elm NHS",
            id="en: carer asks",
        ),
        pytest.param(
            rendered(message("goal"), recipient=Recipient.CARER, language="cy", way="answers"),
            "Fe wnaeth Ada osod nod gyda ni ar ddydd Mercher 16 Medi. Sut aeth hi? Gofynnwch, ac atebwch A: wedi "
            "llwyddo, B: wedi gwneud rhywfaint, C: ddim eto. Mae unrhyw ateb yn iawn. 9: dim mwy o negeseuon am "
            "nodau. Eisiau siarad? Ffoniwch 0191 498 0001. GIG Llwyfen",
            id="cy: carer asks",
        ),
        pytest.param(
            rendered(message("goal.again"), way="answers"),
            "Ada, we asked you a few days ago about the goal you set with us on Wednesday 16 September. It's fine"
            " if it was not the right time. How did it go? Reply A: I did it, B: I did some, C: not yet. 9: no "
            "more texts about goals. Want to talk? Call 0191 498 0001. Elm NHS",
            id="en: after a silence",
        ),
        pytest.param(
            rendered(message("goal.again"), language="cy", way="answers"),
            "Ada, fe wnaethom ni ofyn am y nod a osodoch chi gyda ni ar ddydd Mercher 16 Medi. Mae'n iawn os nad "
            "oedd yn amser da. Sut aeth hi? Atebwch A: fe wnes i hynny, B: fe wnes i rywfaint, C: ddim eto. 9: "
            "dim mwy o negeseuon am nodau. Eisiau siarad? Ffoniwch 0191 498 0001. GIG Llwyfen",
            id="cy: after a silence",
        ),
        pytest.param(
            rendered(message("goal.again"), recipient=Recipient.CARER, way="answers"),
            "Ada set a goal with us on Wednesday 16 September. We asked a few days ago how it went, and it's fine"
            " if it was not the right time. Please ask them, and reply A: did it, B: did some, C: not yet. 9: no "
            "more texts about goals. Want to talk? Call 0191 498 0001. Elm NHS",
            id="en: carer, after a silence",
        ),
        pytest.param(
            rendered(message("goal.sure")),
            "Ada, thank you. That is good to hear. Want to talk? Call 0191 498 0001. Elm NHS",
            id="en: sure",
        ),
        pytest.param(
            rendered(message("goal.sure", low=True)),
            "Ada, thank you. That is fine, and it helps us to know. We can think about it together. Want to talk?"
            " Call 0191 498 0001. Elm NHS",
            id="en: not sure",
        ),
        pytest.param(
            rendered(message("goal.sure", low=True, called=True)),
            "Ada, thank you. That is fine, and it helps us to know. We will be in touch. Want to talk? Call 0191 "
            "498 0001. Elm NHS",
            id="en: not sure, and called",
        ),
        pytest.param(
            rendered(message("goal.sure", low=True, called=True), language="cy"),
            "Ada, diolch. Mae hynny'n iawn, ac mae'n help i ni wybod. Byddwn ni'n cysylltu. Eisiau siarad? "
            "Ffoniwch 0191 498 0001. GIG Llwyfen",
            id="cy: not sure, and called",
        ),
        pytest.param(
            rendered(message("goal.sure", low=True), recipient=Recipient.CARER),
            "Thank you for telling us how sure Ada is. That is fine, and it helps us to know. We can think about "
            "it together. Want to talk? Call 0191 498 0001. Elm NHS",
            id="en: carer, not sure",
        ),
        pytest.param(
            rendered(message("goal.talk")),
            "Ada, thank you. We will call you by 4.30pm on Thursday 1 October. Or call us: 0191 498 0001. Need "
            "help now? Call 111, or 999 in an emergency. Elm NHS",
            id="en: talk",
        ),
        pytest.param(
            rendered(message("goal.talk"), language="cy"),
            "Ada, diolch. Byddwn yn eich ffonio erbyn 4.30pm ar ddydd Iau 1 Hydref. Neu ffoniwch ni: 0191 498 "
            "0001. Angen help nawr? Ffoniwch 111, neu 999 mewn argyfwng. GIG Llwyfen",
            id="cy: talk",
        ),
        pytest.param(
            rendered(message("goal.words")),
            "Ada, thank you for telling us. We have passed it on. We don't read texts straight away. Want to "
            "talk? Call 0191 498 0001. Need help now? Call 111, or 999 in an emergency. Elm NHS",
            id="en: own words",
        ),
        pytest.param(
            rendered(message("goal.words"), recipient=Recipient.CARER, language="cy"),
            "Diolch am ddweud wrthym am Ada. Rydyn ni wedi'i basio ymlaen. Dydyn ni ddim yn darllen negeseuon yn "
            "syth. Eisiau siarad? Ffoniwch 0191 498 0001. Angen help nawr? Ffoniwch 111, neu 999 mewn argyfwng. "
            "GIG Llwyfen",
            id="cy: carer's own words",
        ),
        pytest.param(
            rendered(message("missed"), way="answers"),
            "Ada, we missed you at your appointment on Tuesday 29 September. We hope you're OK. Sorry if we got "
            "this wrong. Reply 2: new time, 3: not needed. Or call 0191 498 0001. Elm NHS",
            id="en: missed",
        ),
        pytest.param(
            rendered(message("missed.new_time")),
            "Ada, thank you. We have passed it on, and somebody will find you a new time. We will be in touch. "
            "Can't wait? Call 0191 498 0001. Elm NHS",
            id="en: a new time",
        ),
        pytest.param(
            rendered(message("missed.new_time"), language="cy"),
            "Ada, diolch. Rydyn ni wedi'i basio ymlaen, a bydd rhywun yn dod o hyd i amser newydd i chi. Byddwn "
            "ni'n cysylltu. Methu aros? Ffoniwch 0191 498 0001. GIG Llwyfen",
            id="cy: a new time",
        ),
        pytest.param(
            rendered(message("missed.not_needed")),
            "Ada, thank you for telling us. We will let the team know. Do you need us after all, or feel worse? "
            "Call 0191 498 0001. Elm NHS",
            id="en: not needed",
        ),
        pytest.param(
            rendered(message("missed.not_needed"), recipient=Recipient.CARER, language="cy"),
            "Diolch am ddweud wrthym am Ada. Byddwn ni'n rhoi gwybod i'r tim. Angen ein gweld wedi'r cyfan, neu'n"
            " teimlo'n waeth? Ffoniwch 0191 498 0001. GIG Llwyfen",
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
