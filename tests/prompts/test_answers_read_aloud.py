"""Whole texts that know of answers, as they were read aloud: English and Welsh, to patients and to carers."""

import pytest

from shared.clinic.appointment import Mode
from shared.words.book import Rendered
from shared.words.wording import Recipient
from tests.prompts.test_templates import message, rendered


@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param(
            rendered(message("answer.coming"), way="answers"),
            "Elm NHS: Ada, thank you. We look forward to seeing you on Wednesday 30 September at 12.45pm, Elm "
            "Centre. Questions? Call 0191 498 0001.",
            id="en: coming",
        ),
        pytest.param(
            rendered(message("answer.coming", Mode.TELEPHONE), way="answers"),
            "Elm NHS: Ada, thank you. We will phone you on Wednesday 30 September, between 12.45pm and 1.30pm. Our "
            "number may be hidden. Questions? Call 0191 498 0001.",
            id="en: coming to a call",
        ),
        pytest.param(
            rendered(message("answer.coming", before="2"), language="cy", way="answers"),
            "GIG Llwyfen: Ada, diolch. Mae eich apwyntiad yn dal i sefyll. Edrychwn ymlaen at eich gweld ar ddydd "
            "Mercher 30 Medi am 12.45pm, Canolfan Llwyfen. Cwestiwn? Ffoniwch 0191 498 0001.",
            id="cy: coming after all",
        ),
        pytest.param(
            rendered(message("answer.coming"), recipient=Recipient.CARER, way="answers"),
            "Elm NHS: Thank you for letting us know. Ada has an appointment on Wednesday 30 September at 12.45pm, "
            "Elm Centre. Questions? Call 0191 498 0001.",
            id="en: carer's, coming",
        ),
        pytest.param(
            rendered(message("answer.new_time"), way="answers"),
            "Elm NHS: Ada, we have passed on that you need a new time. Until you hear from us, your appointment on "
            "Wednesday 30 September at 12.45pm still stands. Can you make it after all? Reply 1 or call 0191 498 "
            "0001.",
            id="en: a new time",
        ),
        pytest.param(
            rendered(message("answer.new_time", Mode.TELEPHONE), language="cy", way="answers"),
            "GIG Llwyfen: Ada, rydym wedi dweud wrth y tim bod angen amser newydd. Nes i chi glywed gennym, mae eich"
            " apwyntiad ar ddydd Mercher 30 Medi, rhwng 12.45pm ac 1.30pm, yn dal i sefyll. Gallu ei gadw wedi'r "
            "cyfan? Atebwch 1 neu ffoniwch 0191 498 0001.",
            id="cy: a new time for a call",
        ),
        pytest.param(
            rendered(message("answer.new_time"), recipient=Recipient.CARER, way="answers"),
            "Elm NHS: Thank you. We have passed on that a new time is needed. Ada has an appointment on Wednesday 30"
            " September at 12.45pm. Until you hear from us, it still stands. Can they make it after all? Reply 1 or "
            "call 0191 498 0001.",
            id="en: carer's, a new time",
        ),
        pytest.param(
            rendered(message("answer.not_needed"), way="no answers"),
            "Elm NHS: Ada, we have passed on that you don't need your appointment on Wednesday 30 September at "
            "12.45pm. Until you hear from us, it stays booked. Questions? Call 0191 498 0001.",
            id="en: not needed, and may call",
        ),
        pytest.param(
            rendered(message("answer.not_needed"), language="cy", way="answers"),
            "GIG Llwyfen: Ada, rydym wedi dweud wrth y tim nad oes angen eich apwyntiad ar ddydd Mercher 30 Medi am "
            "12.45pm. Nes i chi glywed gennym, mae'n dal i sefyll. Gallu ei gadw wedi'r cyfan? Atebwch 1 neu "
            "ffoniwch 0191 498 0001.",
            id="cy: not needed",
        ),
        pytest.param(
            rendered(message("answer.list"), way="free text"),
            "Elm NHS: Ada, thank you. We will pass on what you wrote. We don't read texts straight away: if it's "
            "urgent, call 0191 498 0001 or 111. Emergency? Call 999.",
            id="en: a list",
        ),
        pytest.param(
            rendered(message("answer.list"), recipient=Recipient.CARER, language="cy", way="free text"),
            "GIG Llwyfen: Diolch. Byddwn yn pasio eich neges ymlaen. Dydyn ni ddim yn darllen negeseuon yn syth: os "
            "yw'n fater brys, ffoniwch 0191 498 0001 neu 111. Argyfwng? Ffoniwch 999.",
            id="cy: carer's, a list",
        ),
        pytest.param(
            rendered(message("reminder", before="2", has_list=True), way="answers"),
            "Elm NHS: Ada, a reminder of your appointment on Wednesday 30 September at 12.45pm, Elm Centre. We have "
            "your list. You asked for a new time: until you hear from us, this one still stands. Can you make it? "
            "Reply 1 or call 0191 498 0001.",
            id="en: reminder, a new time was asked for, with a list",
        ),
        pytest.param(
            rendered(message("reminder", before="3"), language="cy", way="answers"),
            "GIG Llwyfen: Ada, nodyn i'ch atgoffa am eich apwyntiad ar ddydd Mercher 30 Medi am 12.45pm, Canolfan "
            "Llwyfen. Dywedoch nad oes ei angen: nes i chi glywed gennym, mae'n dal i sefyll. Gallu ei gadw? Atebwch"
            " 1 neu ffoniwch 0191 498 0001.",
            id="cy: reminder of what is not needed",
        ),
        pytest.param(
            rendered(message("reminder", before="3"), recipient=Recipient.CARER, way="no answers"),
            "Elm NHS: Ada has an appointment on Wednesday 30 September at 12.45pm, Elm Centre. This is a reminder. "
            "We heard it's not needed: until you hear from us, it stays booked. Questions? Call 0191 498 0001.",
            id="en: carer's reminder of what is not needed",
        ),
        pytest.param(
            rendered(message("reminder.several", before="2", has_list=True), way="answers"),
            "Elm NHS: Ada, a reminder of your 2 appointments on Wednesday 30 September: 10.45am, at Hill House; "
            "12.45pm, at Elm Centre. We have your list. You asked for a change: until you hear from us, all still "
            "stand. Need a change? Call 0191 498 0002 (for 10.45am), or 0191 498 0001 (for 12.45pm).",
            id="en: reminder of several, with a list",
        ),
        pytest.param(
            rendered(
                message("reminder.several", before="2", has_list=True),
                recipient=Recipient.CARER,
                language="cy",
                way="answers",
            ),
            "GIG Llwyfen: Mae gan Ada 2 apwyntiad ar ddydd Mercher 30 Medi: 10.45am, Ty'r Bryn; 12.45pm, Canolfan "
            "Llwyfen. Nodyn i'ch atgoffa yw hwn. Mae'r rhestr gyda ni. Gofynnwyd am newid: nes i chi glywed gennym, "
            "mae pob un yn dal i sefyll. Angen newid? Ffoniwch 0191 498 0002 (10.45am), neu 0191 498 0001 (12.45pm).",
            id="cy: carer's reminder of several, with a list",
        ),
    ],
)
def test_read_aloud(read: Rendered, text: str) -> None:
    """The whole text, word for word: a change of words is a change of this table."""
    assert read.text == text
