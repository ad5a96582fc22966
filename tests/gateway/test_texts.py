"""What patients text, through a real server to a real broker: which forms are taken, and what is kept of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.embedded import EmbeddedKafka
from shared.events.topic_names import INBOUND
from tests.gateway.gateway_harness import (
    ADA,
    BEN,
    OLD_TOKEN,
    PUBLIC,
    QUERY,
    SENDER,
    SID,
    TEXT,
    TEXTS,
    Door,
    first_text,
    form,
    read_receipts,
    said,
    text,
)

WELL, BAD = 200, 400


async def nothing_before(door: Door, broker: EmbeddedKafka) -> None:
    """Hold that nothing was written before: the next record is the first."""
    assert await door.text(text(Body="now")) == WELL
    [record] = await read_receipts(broker.url, 1, INBOUND)
    assert (said(record)["data"]["body"], record.offset) == ("now", 0)


async def test_signed_text_becomes_an_event(door: Door, broker: EmbeddedKafka) -> None:
    """A signed text is in the topic, as a CloudEvent of its own, once it is answered with TwiML that sends nothing."""
    before = datetime.now(UTC)
    assert await door.text() == WELL
    [record] = await read_receipts(broker.url, 1, INBOUND)
    event = said(record)
    assert before <= datetime.fromisoformat(event.pop("time")) <= datetime.now(UTC)
    assert event == {
        "specversion": "1.0",
        "id": SID,
        "source": "urn:cocreate:gateway",
        "type": "cocreate.text.v1",
        "subject": f"text/{SID}",
        "datacontenttype": "application/json",
        "data": {
            "provider": "twilio",
            "provider_id": SID,
            "sender": ADA,
            "recipient": SENDER,
            "body": "yes see you then",
            "opt_out": None,
            "pictures": 0,
        },
    }
    assert record.headers == (("content-type", b"application/cloudevents+json"),)


async def test_same_text_again_has_the_same_id(door: Door, broker: EmbeddedKafka) -> None:
    """A webhook that is repeated, or replayed later with its old signature, is the same event, in the same place."""
    assert [await door.text(), await door.text()] == [WELL, WELL]
    first, second = await read_receipts(broker.url, 2, INBOUND)
    assert said(first)["id"] == said(second)["id"] == SID
    assert (first.key, first.partition) == (second.key, second.partition)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        pytest.param({}, WELL, id="our token"),
        pytest.param({"token": OLD_TOKEN}, WELL, id="the auth token before"),
        pytest.param({"token": "c" * 32}, 403, id="a stranger's token"),
        pytest.param({"headers": {"X-Twilio-Signature": ""}}, 403, id="no signature"),
        pytest.param({"signed": f"{PUBLIC}/twilio/status"}, 403, id="signed for another path"),
        pytest.param({"signed": f"https://evil.example{TEXTS}"}, 403, id="signed for another host"),
        pytest.param(
            {"signed": f"https://evil.example{TEXTS}", "headers": {"Host": "evil.example"}},
            403,
            id="signed for the host that Host names",
        ),
        pytest.param({"query": "site=north"}, WELL, id="with a query of the operator's"),
        pytest.param({"query": "site=north", "signed": f"{PUBLIC}{TEXTS}"}, 403, id="signed without the query"),
        pytest.param({"query": "bodySHA256=00"}, WELL, id="with a hash that forms don't have"),
    ],
)
async def test_only_what_twilio_signed_is_taken(
    door: Door, broker: EmbeddedKafka, sent: dict[str, Any], answer: int
) -> None:
    """A text is taken exactly when one of our tokens signed its form for our address; a forged one is not written."""
    assert await door.text(text(Body="now"), **sent) == answer
    if answer == 403:
        await nothing_before(door, broker)


async def test_changed_words_are_refused(door: Door, broker: EmbeddedKafka) -> None:
    """A signature over one text holds for no other words."""
    assert await door.text(text(Body="STOP"), headers={"X-Twilio-Signature": "AAAA"}) == 403
    await nothing_before(door, broker)


BODIES = {
    "words": "can i come thursday instead",
    "nothing": "",
    "spaces and lines around it": " \n1\r\n ",
    "emoji": "\U0001f44d\U0001f3fd \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "1,600 characters": "tired " * 266 + "tire",
    "1,600 emoji": "\U0001f62d" * 1600,
    "Welsh": "Iawn, diolch: ŵ ŷ â",
    "Arabic, right to left": "نعم سأحضر\u202e1",
    "a byte order mark and what nobody sees": "\ufeff1\u200b\u00ad",
    "characters that are none": "\ufffe\uffff",
    "what looks like the null character": r"\u0000 \\u0000 \ud800",
    "quotes and backslashes": 'she said "2\\" ' + "\\" * 5,
    "markup": "</Response><Message>hi</Message>",
    "what a form is made of": "a=1&From=+440000000000&Body=%00+%ff;#",
    "a template": "{{ 7*7 }} ${x} %s",
    "line separators": "1\u2028my back\u2029\x85",
    "control characters": "\x01\x1b[31m\x7f",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_words_are_kept_as_written(door: Door, broker: EmbeddedKafka, body: str) -> None:
    """Whatever a patient writes is read by the shared reader exactly as it was written."""
    assert await door.text(text(Body=body)) == WELL
    assert (await first_text(broker.url)).body == body


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        pytest.param("\x001\x00 please", "1 please", id="null characters, which no database keeps"),
        pytest.param("\x00", "", id="nothing else"),
        pytest.param("x" * 1601, "x" * 1600, id="longer than Twilio hands over"),
        pytest.param("\x00" * 5 + "x" * 1600, "x" * 1600, id="null characters don't count"),
    ],
)
async def test_what_is_left_of_the_rest(door: Door, broker: EmbeddedKafka, body: str, kept: str) -> None:
    """What cannot be kept is taken out of a text; the text is kept."""
    assert await door.text(text(Body=body)) == WELL
    assert (await first_text(broker.url)).body == kept


@pytest.mark.parametrize(
    ("changed", "opt_out", "pictures"),
    [
        pytest.param({"OptOutType": "STOP", "Body": "stopio"}, "STOP", 0, id="stopped"),
        pytest.param({"OptOutType": "START"}, "START", 0, id="started"),
        pytest.param({"OptOutType": "HELP"}, "HELP", 0, id="helped"),
        pytest.param({"OptOutType": "stop"}, "STOP", 0, id="in small letters"),
        pytest.param({"OptOutType": ""}, None, 0, id="empty"),
        pytest.param({"OptOutType": "PAUSE"}, None, 0, id="a type that we don't know yet"),
        pytest.param({"NumMedia": "2", "Body": "", "MediaUrl0": "https://x.example"}, None, 2, id="pictures alone"),
        pytest.param({"NumMedia": "999"}, None, 10, id="more pictures than there can be"),
        pytest.param({"NumMedia": ""}, None, 0, id="an empty number of pictures"),
        pytest.param({"NumMedia": None}, None, 0, id="no number of pictures"),
        pytest.param(
            {"MessagingServiceSid": "MG" + "0" * 32, "NumSegments": "11"}, None, 0, id="a long one by a service"
        ),
        pytest.param({"From": "60777"}, None, 0, id="from a short code"),
        pytest.param({"To": "60777"}, None, 0, id="to a short code"),
        pytest.param({"SomethingNew": "x", "SmsStatus": None, "AccountSid": None}, None, 0, id="fields come and go"),
        pytest.param({"ErrorCode": "11200", "ErrorUrl": PUBLIC}, None, 0, id="a second try, by the fallback address"),
    ],
)
async def test_good_forms(
    door: Door, broker: EmbeddedKafka, changed: dict[str, str | None], opt_out: str | None, pictures: int
) -> None:
    """What Twilio says besides the words is kept as far as it matters, and is no reason to lose them."""
    fields = text(**changed)
    assert await door.text(fields) == WELL
    got = await first_text(broker.url)
    assert (got.opt_out, got.pictures) == (opt_out, pictures)
    assert (got.sender, got.recipient, got.body) == tuple(dict(fields)[name] for name in ("From", "To", "Body"))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(text(MessageSid=None), id="no SID"),
        pytest.param(text(MessageSid=ADA), id="a telephone number for a SID"),
        pytest.param(text(MessageSid=f"{SID}\n"), id="a SID with a line break"),
        pytest.param(text(From=None), id="no sender"),
        pytest.param(text(From=""), id="an empty sender"),
        pytest.param(text(From="anonymous"), id="withheld"),
        pytest.param(text(From="44"), id="two digits"),
        pytest.param(text(From="RIVERSIDE"), id="a name"),
        pytest.param(text(From="whatsapp:+447700900001"), id="another channel"),
        pytest.param(text(From=" 447700900001"), id="a plus that became a space"),
        pytest.param(text(From="+44 7700 900001"), id="a number with spaces"),
        pytest.param(text(From="+٤٤٧٧٠٠٩٠٠٠٠١"), id="digits of another script"),
        pytest.param(text(From=f"{ADA}\n"), id="a number with a line break"),
        pytest.param(text(From="+" + "4" * 16), id="a number without end"),
        pytest.param(text(To=None), id="no recipient"),
        pytest.param(text(To=""), id="an empty recipient"),
        pytest.param(text(To="+1\x00"), id="a null character in the recipient"),
        pytest.param(text(To="1" * 65), id="a recipient without end"),
        pytest.param(text(Body=None), id="no words at all"),
        pytest.param(text(NumMedia="some"), id="pictures in words"),
        pytest.param(text(NumMedia="-1"), id="fewer pictures than none"),
        pytest.param(form(), id="a status callback"),
        *(
            pytest.param((*text(OptOutType="STOP"), (name, value)), id=f"{name} doubled")
            for name, value in (
                ("MessageSid", "SM" + "1" * 32),
                ("From", BEN),
                ("To", BEN),
                ("Body", "2"),
                ("NumMedia", "1"),
                ("OptOutType", "START"),
            )
        ),
        pytest.param((*TEXT, ("Body", "yes see you then")), id="the same words doubled"),
    ],
)
async def test_what_is_no_text_is_refused(
    door: Door, broker: EmbeddedKafka, caplog: pytest.LogCaptureFixture, fields: Sequence[tuple[str, str]]
) -> None:
    """A signed form that is no text from a phone is refused, and nothing of it is written."""
    assert await door.text(fields) == BAD
    assert not [line for line in caplog.records if line.exc_info]
    await nothing_before(door, broker)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        pytest.param(b"Body=%ED%A0%80&From=%2B447700900001", BAD, id="a lone surrogate"),
        pytest.param(b"Body=%00%ff", BAD, id="escapes that are not UTF-8"),
        pytest.param("Body=👍".encode(), BAD, id="emoji that are not escaped"),
        pytest.param(b"a=1&" * 1000, BAD, id="a form bomb"),
        pytest.param(b"Body=" + b"x" * 64 * 1024, 413, id="larger than 64 kB"),
        pytest.param(b"%" * 1000, 403, id="percent signs"),
        pytest.param(b"", 403, id="nothing"),
    ],
)
async def test_what_is_no_form_is_refused(
    door: Door, caplog: pytest.LogCaptureFixture, body: bytes, answer: int
) -> None:
    """Whatever arrives, the answer is a refusal and never a fault of ours."""
    assert await door.post(body, headers={"X-Twilio-Signature": "x"}, query="", path=TEXTS) == answer
    assert not [line for line in caplog.records if line.exc_info]


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        pytest.param("GET", TEXTS, 405, id="asked for"),
        pytest.param("PUT", TEXTS, 405, id="put"),
        pytest.param("POST", f"{TEXTS}/", 404, id="a slash too many"),
    ],
)
async def test_nothing_else_is_there(door: Door, method: str, path: str, answer: int) -> None:
    """The route has one method and one spelling."""
    async with door.session.request(method, door.url + path, allow_redirects=False) as response:
        assert response.status == answer


async def test_a_text_is_no_receipt(door: Door) -> None:
    """A text that is posted to the address for status callbacks is refused."""
    assert await door.send(TEXT, query=QUERY) == BAD
