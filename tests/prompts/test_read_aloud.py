"""Whole texts about appointments, as they were read aloud: English and Welsh, to patients and to carers."""

import pytest

from shared.clinic.appointment import Mode
from shared.words.book import Rendered
from shared.words.wording import Recipient
from tests.prompts.test_templates import message, rendered


@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param(
            rendered(message("agenda"), way="free text"),
            "Elm NHS: Ada, you have an appointment on Wednesday 30 September at 12.45pm, Elm Centre. What do you "
            "most want to talk about? Text us back. We don't read texts straight away: if it's urgent, call 0191 498"
            " 0001. Need a new time? Reply 2.",
            id="en: asked, and may write",
        ),
        pytest.param(
            rendered(message("agenda"), way="answers"),
            "Elm NHS: Ada, you have an appointment on Wednesday 30 September at 12.45pm, Elm Centre. What do you "
            "most want to talk about? Please make a list and bring it. Need a new time? Reply 2 or call 0191 498 "
            "0001.",
            id="en: asked, and may answer",
        ),
        pytest.param(
            rendered(message("agenda"), way="no answers"),
            "Elm NHS: Ada, you have an appointment on Wednesday 30 September at 12.45pm, Elm Centre. What do you "
            "most want to talk about? Please make a list and bring it. Can't make it? Call 0191 498 0001.",
            id="en: asked, and may call",
        ),
        pytest.param(
            rendered(message("agenda"), language="cy", way="free text"),
            "GIG Llwyfen: Ada, mae gennych apwyntiad ar ddydd Mercher 30 Medi am 12.45pm, Canolfan Llwyfen. Beth "
            "hoffech chi siarad amdano fwyaf? Anfonwch neges yn ol. Dydyn ni ddim yn darllen negeseuon yn syth: os "
            "yw'n fater brys, ffoniwch 0191 498 0001. Angen amser newydd? Atebwch 2.",
            id="cy: asked, and may write",
        ),
        pytest.param(
            rendered(message("agenda", Mode.TELEPHONE), language="cy", way="no answers"),
            "GIG Llwyfen: Ada, byddwn yn eich ffonio ar gyfer eich apwyntiad ar ddydd Mercher 30 Medi, rhwng 12.45pm"
            " ac 1.30pm. Efallai na welwch ein rhif. Beth hoffech chi siarad amdano fwyaf? Gwnewch restr a chadwch "
            "hi wrth law. Methu cadw'r apwyntiad? Ffoniwch 0191 498 0001.",
            id="cy: a call",
        ),
        pytest.param(
            rendered(message("agenda"), recipient=Recipient.CARER, way="free text"),
            "Elm NHS: Ada has an appointment on Wednesday 30 September at 12.45pm, Elm Centre. What do they most "
            "want to talk about? Please ask, and text us back. We don't read texts straight away: if it's urgent, "
            "call 0191 498 0001. Need a new time? Reply 2.",
            id="en: carer asks, and may write",
        ),
        pytest.param(
            rendered(message("agenda"), recipient=Recipient.CARER, language="cy", way="no answers"),
            "GIG Llwyfen: Mae gan Ada apwyntiad ar ddydd Mercher 30 Medi am 12.45pm, Canolfan Llwyfen. Beth sydd "
            "bwysicaf i'w drafod? Helpwch i wneud rhestr a dewch a hi. Methu cadw'r apwyntiad? Ffoniwch 0191 498 "
            "0001.",
            id="cy: carer asks",
        ),
        pytest.param(
            rendered(message("agenda.several"), language="cy", way="free text"),
            "GIG Llwyfen: Ada, mae gennych 2 apwyntiad ar ddydd Mercher 30 Medi: 10.45am, Ty'r Bryn; 12.45pm, "
            "Canolfan Llwyfen. Beth hoffech chi siarad amdano fwyaf? Anfonwch neges yn ol. Dydyn ni ddim yn darllen "
            "negeseuon yn syth. Ar frys, neu angen amser newydd? Ffoniwch 0191 498 0002 (10.45am), neu 0191 498 0001"
            " (12.45pm).",
            id="cy: several",
        ),
        pytest.param(
            rendered(message("reminder"), way="answers"),
            "Elm NHS: Ada, a reminder of your appointment on Wednesday 30 September at 12.45pm, Elm Centre. Reply 1:"
            " coming, 2: new time, 3: not needed. Or call 0191 498 0001.",
            id="en: reminder",
        ),
        pytest.param(
            rendered(message("reminder", Mode.TELEPHONE), way="answers"),
            "Elm NHS: Ada, a reminder: we will phone you on Wednesday 30 September, between 12.45pm and 1.30pm. Our "
            "number may be hidden, so please answer. Reply 1: OK, 2: new time, 3: not needed. Or call 0191 498 0001.",
            id="en: reminder of a call",
        ),
        pytest.param(
            rendered(message("reminder"), language="cy", way="answers"),
            "GIG Llwyfen: Ada, nodyn i'ch atgoffa am eich apwyntiad ar ddydd Mercher 30 Medi am 12.45pm, Canolfan "
            "Llwyfen. Atebwch 1: dod, 2: amser newydd, 3: dim angen. Neu ffoniwch 0191 498 0001.",
            id="cy: reminder",
        ),
        pytest.param(
            rendered(message("reminder", Mode.VIDEO), language="cy", way="answers"),
            "GIG Llwyfen: Ada, nodyn i'ch atgoffa am eich apwyntiad fideo ar ddydd Mercher 30 Medi am 12.45pm. "
            "Byddwch yn barod 5 munud cyn hynny. Atebwch 1: iawn, 2: amser newydd, 3: dim angen. Neu ffoniwch 0191 "
            "498 0001.",
            id="cy: reminder of a video",
        ),
        pytest.param(
            rendered(message("reminder"), recipient=Recipient.CARER, language="cy", way="answers"),
            "GIG Llwyfen: Mae gan Ada apwyntiad ar ddydd Mercher 30 Medi am 12.45pm, Canolfan Llwyfen. Nodyn i'ch "
            "atgoffa yw hwn. Atebwch 1: dod, 2: amser newydd, 3: dim angen. Neu ffoniwch 0191 498 0001.",
            id="cy: carer's reminder",
        ),
        pytest.param(
            rendered(message("short_notice"), way="free text", now="2026-09-30 09:00"),
            "Elm NHS: Ada, you have an appointment today, Wednesday 30 September at 12.45pm, Elm Centre. Reply 1: "
            "coming, 2: new time, 3: not needed. What do you most want to talk about? Text us. We don't read texts "
            "straight away. Urgent? Call 0191 498 0001.",
            id="en: short notice, today",
        ),
        pytest.param(
            rendered(message("short_notice"), language="cy", way="free text", now="2026-09-30 09:00"),
            "GIG Llwyfen: Ada, mae gennych apwyntiad heddiw, dydd Mercher 30 Medi am 12.45pm, Canolfan Llwyfen. "
            "Atebwch 1: dod, 2: amser newydd, 3: dim angen. Beth hoffech chi siarad amdano fwyaf? Anfonwch neges. "
            "Dydyn ni ddim yn darllen negeseuon yn syth. Mater brys? Ffoniwch 0191 498 0001.",
            id="cy: short notice, today",
        ),
        pytest.param(
            rendered(message("moved"), way="answers"),
            "Elm NHS: Ada, your appointment has changed. It is now on Wednesday 30 September at 12.45pm, Elm Centre."
            " Please do not come on Wednesday 23 September at 10.45am. Need a new time? Reply 2 or call 0191 498 "
            "0001.",
            id="en: moved",
        ),
        pytest.param(
            rendered(message("moved", moves=False), way="answers"),
            "Elm NHS: Ada, your appointment has changed. It is still on Wednesday 23 September at 10.45am, but in "
            "another place: Hill House. Need a new time? Reply 2 or call 0191 498 0002.",
            id="en: another place",
        ),
        pytest.param(
            rendered(message("moved"), language="cy", way="answers"),
            "GIG Llwyfen: Ada, mae eich apwyntiad wedi newid. Bydd nawr ar ddydd Mercher 30 Medi am 12.45pm, "
            "Canolfan Llwyfen. Peidiwch a dod ar ddydd Mercher 23 Medi am 10.45am. Angen amser newydd? Atebwch 2 neu"
            " ffoniwch 0191 498 0001.",
            id="cy: moved",
        ),
        pytest.param(
            rendered(message("moved", moves=False), language="cy", way="no answers"),
            "GIG Llwyfen: Ada, mae eich apwyntiad wedi newid. Mae'n dal i fod ar ddydd Mercher 23 Medi am 10.45am, "
            "ond mewn lle arall: Ty'r Bryn. Methu cadw'r apwyntiad? Ffoniwch 0191 498 0002.",
            id="cy: another place",
        ),
        pytest.param(
            rendered(message("moved", Mode.TELEPHONE), language="cy", way="no answers"),
            "GIG Llwyfen: Ada, mae eich apwyntiad wedi newid. Byddwn nawr yn eich ffonio ar ddydd Mercher 30 Medi, "
            "rhwng 12.45pm ac 1.30pm. Efallai na welwch ein rhif. Peidiwch a dod yma ar ddydd Mercher 23 Medi am "
            "10.45am. Methu cadw'r apwyntiad? Ffoniwch 0191 498 0001.",
            id="cy: now a call",
        ),
        pytest.param(
            rendered(message("moved"), recipient=Recipient.CARER, way="no answers", now="2026-09-23 09:00"),
            "Elm NHS: Ada has an appointment that has changed. It is now on Wednesday 30 September at 12.45pm, Elm "
            "Centre. Please do not come today, Wednesday 23 September at 10.45am. Can't make it? Call 0191 498 0001.",
            id="en: carer's, moved today",
        ),
        pytest.param(
            rendered(message("moved"), recipient=Recipient.CARER, language="cy", way="no answers"),
            "GIG Llwyfen: Mae apwyntiad Ada wedi newid. Bydd nawr ar ddydd Mercher 30 Medi am 12.45pm, Canolfan "
            "Llwyfen. Peidiwch a dod ar ddydd Mercher 23 Medi am 10.45am. Methu cadw'r apwyntiad? Ffoniwch 0191 498 "
            "0001.",
            id="cy: carer's, moved",
        ),
        pytest.param(
            rendered(message("cancelled"), way="answers", now="2026-09-23 09:00"),
            "Elm NHS: Ada, your appointment today, Wednesday 23 September at 10.45am is cancelled. Please do not "
            "come. We are sorry. Need a new time, or have a question? Call 0191 498 0001.",
            id="en: cancelled today",
        ),
        pytest.param(
            rendered(message("cancelled"), language="cy", way="answers", now="2026-09-23 09:00"),
            "GIG Llwyfen: Ada, mae eich apwyntiad heddiw, dydd Mercher 23 Medi am 10.45am wedi'i ganslo. Peidiwch a "
            "dod. Mae'n ddrwg gennym. Angen amser newydd, neu oes gennych gwestiwn? Ffoniwch 0191 498 0001.",
            id="cy: cancelled today",
        ),
        pytest.param(
            rendered(message("cancelled", by_patient=True), language="cy", way="answers"),
            "GIG Llwyfen: Ada, mae eich apwyntiad ar ddydd Mercher 23 Medi am 10.45am wedi'i ganslo, fel y gofynnoch"
            " chi. Peidiwch a dod. Angen amser newydd, neu oes gennych gwestiwn? Ffoniwch 0191 498 0001.",
            id="cy: cancelled as asked",
        ),
        pytest.param(
            rendered(message("cancelled", by_patient=True), recipient=Recipient.CARER, way="answers"),
            "Elm NHS: Ada no longer has an appointment on Wednesday 23 September at 10.45am. It is cancelled, as "
            "requested. Please do not come. Need a new time, or have a question? Call 0191 498 0001.",
            id="en: carer's, cancelled as asked",
        ),
        pytest.param(
            rendered(message("cancelled"), recipient=Recipient.CARER, language="cy", way="answers"),
            "GIG Llwyfen: Mae apwyntiad Ada ar ddydd Mercher 23 Medi am 10.45am wedi'i ganslo. Peidiwch a dod. Mae'n"
            " ddrwg gennym. Angen amser newydd, neu oes gennych gwestiwn? Ffoniwch 0191 498 0001.",
            id="cy: carer's, cancelled",
        ),
        pytest.param(
            rendered(message("reinstated"), way="answers"),
            "Elm NHS: Ada, your appointment is going ahead after all, but at a new time. It is on Wednesday 30 "
            "September at 12.45pm, Elm Centre. Sorry for the mix-up. Need a new time? Reply 2 or call 0191 498 0001.",
            id="en: back on, at a new time",
        ),
        pytest.param(
            rendered(message("reinstated"), language="cy", way="answers"),
            "GIG Llwyfen: Ada, bydd eich apwyntiad yn mynd yn ei flaen wedi'r cyfan, ond ar amser newydd. Bydd ar "
            "ddydd Mercher 30 Medi am 12.45pm, Canolfan Llwyfen. Mae'n ddrwg gennym am y dryswch. Angen amser "
            "newydd? Atebwch 2 neu ffoniwch 0191 498 0001.",
            id="cy: back on, at a new time",
        ),
        pytest.param(
            rendered(message("booked")),
            "Elm NHS: Ada, your appointment is booked. It is on Wednesday 30 September at 12.45pm, Elm Centre. Wrong"
            " number or wrong day? Call 0191 498 0001.",
            id="en: booked",
        ),
        pytest.param(
            rendered(message("booked", Mode.TELEPHONE), language="cy"),
            "GIG Llwyfen: Ada, mae eich apwyntiad wedi'i drefnu. Byddwn yn eich ffonio ar ddydd Mercher 30 Medi, "
            "rhwng 12.45pm ac 1.30pm. Efallai na welwch ein rhif. Rhif anghywir neu ddiwrnod anghywir? Ffoniwch 0191"
            " 498 0001.",
            id="cy: booked, a call",
        ),
        pytest.param(
            rendered(message("not_for_now"), first_name=None),
            "Elm NHS: Hello, your appointment on Wednesday 30 September at 12.45pm at Elm Centre will not go ahead "
            "for now. Please do not come to this one. You will hear from us about a new time. What still stands that"
            " day: 10.45am, at Hill House. Questions? Call 0191 498 0001.",
            id="en: not for now, no name",
        ),
        pytest.param(
            rendered(message("not_for_now", Mode.VIDEO), language="cy"),
            "GIG Llwyfen: Ada, fydd eich apwyntiad ar ddydd Mercher 30 Medi am 12.45pm ddim yn mynd yn ei flaen am y"
            " tro. Fydd dim galwad fideo bryd hynny. Byddwch yn clywed gennym am amser newydd. Cwestiwn? Ffoniwch "
            "0191 498 0001.",
            id="cy: not for now, a video",
        ),
        pytest.param(
            rendered(message("reminder.week"), way="answers"),
            "Elm NHS: Ada, your next 2 appointments: Wed 30 Sept, Thu 1 Oct at 10.45am, at Hill House. Reply 1 if "
            "you can make them all. We have your list. Need a change? Call 0191 498 0002.",
            id="en: a week",
        ),
        pytest.param(
            rendered(message("reminder.week", by_patient=True), language="cy", way="answers"),
            "GIG Llwyfen: Ada, eich 3 apwyntiad nesaf: Mer 30 Medi, Iau 1 Hyd am 10.45am, Ty'r Bryn; Mer 30 Medi am "
            "12.45pm, Canolfan Llwyfen. Gofynnoch am newid: nes i chi glywed gennym, mae pob un yn dal i sefyll. "
            "Angen newid? Ffoniwch 0191 498 0002 (Mer 30 Medi 10.45am, Iau 1 Hyd 10.45am), neu 0191 498 0001 (Mer 30"
            " Medi 12.45pm).",
            id="cy: a week, a change asked for",
        ),
        pytest.param(
            rendered(message("reminder.several"), way="answers"),
            "Elm NHS: Ada, a reminder of your 2 appointments on Wednesday 30 September: 10.45am, at Hill House; "
            "12.45pm, at Elm Centre. Reply 1 if you can make them all. Need a change? Call 0191 498 0002 (for "
            "10.45am), or 0191 498 0001 (for 12.45pm).",
            id="en: several, answered at once",
        ),
        pytest.param(
            rendered(message("short_notice.several"), recipient=Recipient.CARER, way="answers"),
            "Elm NHS: Ada has 2 appointments on Wednesday 30 September: 10.45am, at Hill House; 12.45pm, at Elm "
            "Centre. Reply 1 if they can make them all. What do they most want to talk about? Please help them make "
            "a list and have it ready. Need a change? Call 0191 498 0002 (for 10.45am), or 0191 498 0001 (for "
            "12.45pm).",
            id="en: carer's, several at short notice",
        ),
    ],
)
def test_read_aloud(read: Rendered, text: str) -> None:
    """The whole text, word for word: a change of words is a change of this table."""
    assert read.text == text


def test_both_languages_are_one_message() -> None:
    """Whoever reads both gets one text, Welsh first, and one entry with both titles."""
    welsh, english = rendered(message("reminder"), language="both", way="answers").text.split("\n\n")
    assert welsh == rendered(message("reminder"), language="cy", way="answers").text
    assert english == rendered(message("reminder"), language="en", way="answers").text
    title = rendered(message("reminder"), "email", language="both").title
    assert title == "Apwyntiad, GIG Llwyfen / Appointment, Elm NHS"
