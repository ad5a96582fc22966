"""The sandbox obeys STOP, START and HELP as the carrier does, and the page shows what that means."""

from pathlib import Path

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped, unused-ignore]

from services.sandbox import opt_outs
from services.sandbox.app import Sandbox
from services.sandbox.entries import OptOut
from services.sandbox.settings import Settings
from shared.replies.answer_tokens import RESERVED
from tests.sandbox.outside import ADA, SENDER, Receiver, Sdk

TAKEN: list[tuple[str, str, OptOut | None]] = [
    ("in capitals", "STOP", "STOP"),
    ("in small letters, with gaps around it", " cancel\n", "STOP"),
    ("to begin again", "Yes", "START"),
    ("help", "info", "HELP"),
    ("with another word", "stop please", None),
    ("with a full stop", "stop.", None),
    ("nothing", " ", None),
    ("an answer", "1", None),
]


@pytest.mark.parametrize(("body", "word"), [case[1:] for case in TAKEN], ids=[case[0] for case in TAKEN])
def test_only_a_text_that_is_one_word_is_taken(body: str, word: OptOut | None) -> None:
    """The carrier takes its own words whatever their case, and nothing that holds more."""
    assert opt_outs.taken(body) == word


def test_its_words_are_those_that_we_ask_nobody_for() -> None:
    """What the sandbox takes is what no message may ask for."""
    assert set(opt_outs.WORDS) == RESERVED


async def refused(sdk: Sdk, sender: str = SENDER) -> bool:
    """Whether a text to Ada is refused because she stopped them."""
    try:
        await sdk.create(from_=sender, body="Your appointment")
    except TwilioRestException as error:
        return (error.status, error.code) == (400, 21610)
    return False


async def test_stop_blocks_until_start() -> None:
    """After STOP each text from that number is refused, from another one is not; START lets them through again."""
    async with Receiver(Settings()) as receiver:
        settings = Settings.model_validate({"status_delay": 0, "inbound_url": f"{receiver.url}/inbound"})
        async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
            assert not await refused(sdk)
            sandbox.reply(ADA, "Stop")
            assert await refused(sdk)
            assert not await refused(sdk, "+447700900998")
            sandbox.reply(ADA, "START", to=SENDER)
            assert not await refused(sdk)
            sandbox.reply(ADA, "1", to=SENDER)
            await receiver.got(3)
            await sandbox.settled()
    types = {form["Body"]: form.get("OptOutType") for form in receiver.forms}
    assert types == {"Stop": "STOP", "START": "START", "1": None}


async def test_the_carrier_answers_itself(settings: Settings) -> None:
    """STOP and START are answered where they change something, HELP always; none of it is in the account's list."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        for body in ("START", "STOP", "STOP", "HELP", "START"):
            sandbox.reply(ADA, body)
        answers = [text for text in sandbox.ledger.texts if text.direction == "outbound-reply"]
        listed = await sdk.list(to=ADA)
    assert [answer.body for answer in answers] == [
        "You will get no more texts from this number. Reply START to get them again.",
        "Reply STOP to get no more texts from this number.",
        "You will get texts from this number again. Reply STOP to get no more.",
    ]
    assert {(answer.sender, answer.to, answer.message_id) for answer in answers} == {(SENDER, ADA, None)}
    assert listed == []


async def test_a_marked_number_can_start_again(tmp_path: Path) -> None:
    """A number that the settings mark as blocked is, until it texts START; that outlives a restart."""
    settings = Settings(blocked=frozenset({ADA}), ledger=tmp_path / "ledger.jsonl", status_delay=0)
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        assert await refused(sdk, "+447700900998")
        assert sandbox.reply(ADA, "start").to == "+447700900998"  # who tried to text it last
        assert not await refused(sdk, "+447700900998")
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        assert not await refused(sdk, "+447700900998")
        assert await refused(sdk)
        assert [one.error_code for one in sandbox.ledger.refused(ADA)] == [21610, 21610]


async def test_the_page_shows_what_was_blocked() -> None:
    """On the phone stand what the carrier took and answered, what it refused, and that texts are stopped."""
    landline = "+442079460999"
    settings = Settings(status_delay=0, landline=frozenset({landline}))
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk, aiohttp.ClientSession(sandbox.url) as session:
        sandbox.reply(ADA, "STOP")
        assert await refused(sdk)
        with pytest.raises(TwilioRestException):
            await sdk.create(to=landline)
        async with session.get("/") as response:
            html = await response.text()
        async with session.get("/ledger.json") as response:
            entries = (await response.json())["entries"]
    for seen in (
        "the carrier took it as STOP",
        "the carrier&#39;s own answer",
        "blocked: the carrier refused it after STOP (21610)",
        "failed: this number takes no texts (21614)",
        "Texts are stopped here",
    ):
        assert seen in html
    assert len(entries) == 2  # what was refused is no entry: nobody got it
