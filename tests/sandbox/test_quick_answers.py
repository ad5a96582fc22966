"""The page offers the answers that the last text asks for."""

import re
from datetime import UTC, datetime

import aiohttp
import pytest

from services.sandbox.app import Sandbox
from services.sandbox.entries import SandboxText
from services.sandbox.settings import Settings
from services.sandbox.suggested_replies import quick_answers
from tests.sandbox.outside import ADA, SENDER, Receiver, Sdk

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)

ASKED = [
    ("none", "Thank you.", []),
    ("three", "Reply 1: coming, 2: new time, 3: not needed.", ["1 coming", "2 new time", "3 not needed"]),
    ("in both languages", "Atebwch 1: dod.\n\nReply 1: coming.", ["1 dod"]),
    ("a number of one's own", "Reply SURE and a number from 0 to 10, like this: SURE 7.", ["SURE 3", "SURE 8"]),
    ("a word without its meaning", "Text us back, or reply TALK if you like.", ["TALK please call me"]),
    ("a word of the carrier's", "Reply STOP to stop.", ["STOP"]),
    ("nothing that anybody understands", "Reply BANANA.", []),
]


@pytest.mark.parametrize(("body", "offered"), [case[1:] for case in ASKED], ids=[case[0] for case in ASKED])
def test_what_a_text_asks_for_is_offered(body: str, offered: list[str]) -> None:
    """Each answer that is asked for is offered once, with what it means."""
    text = SandboxText(sid="1", to=ADA, sender=SENDER, body=body, created_at=AT, updated_at=AT)
    assert [f"{one.body} {one.meaning}".strip() for one in quick_answers([text])] == offered


def test_a_silent_phone_has_nothing_to_answer() -> None:
    """Without a text of ours nothing is offered, whatever the patient wrote."""
    own = SandboxText(sid="1", direction="inbound", to=SENDER, sender=ADA, body="Reply 1", created_at=AT, updated_at=AT)
    assert quick_answers([]) == quick_answers([own]) == ()


async def test_one_click_answers() -> None:
    """A button's form reaches the client's webhook, and the page comes back to the same phone."""
    async with Receiver(Settings()) as receiver:
        settings = Settings.model_validate({"status_delay": 0, "inbound_url": f"{receiver.url}/inbound"})
        async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk, aiohttp.ClientSession(sandbox.url) as session:
            await sdk.create(body="Reply 1: coming, 2: new time.")
            async with session.get("/") as page:
                form = re.search(r'<form class="answers quick".*?</form>', await page.text(), re.DOTALL)
            assert form is not None
            assert re.findall(r'name="(\w+)" value="([^"]+)"', form[0]) == [("from", ADA), ("body", "1"), ("body", "2")]
            headers = {"Origin": sandbox.url, "Referer": f"{sandbox.url}/?q=900001"}
            answer = {"from": ADA, "body": "2"}
            async with session.post("/replies", data=answer, headers=headers, allow_redirects=False) as back:
                assert (back.status, back.headers["Location"]) == (303, "/?q=900001")
            headers["Referer"] = "https://elsewhere.example/?q=1"
            async with session.post("/replies", data=answer, headers=headers, allow_redirects=False) as back:
                assert back.headers["Location"] == "/"
            await receiver.got(2)
    assert [form["Body"] for form in receiver.forms] == ["2", "2"]
