"""What the doctor hands out."""

import pytest

from services.cli.commands.doctor import print_event_token
from services.cli.terminal import CommandRefused
from services.gateway.tokens import Tokens
from shared.platform.clock import Connection
from tests.cli.conftest import Desk

RIVERSIDE = "https://riverside.example.org"


def test_a_printed_token_opens_by_its_printed_entry(capsys: pytest.CaptureFixture[str]) -> None:
    """What is given to a clinic and what is set at the gateway belong together, for that source alone."""
    print_event_token("riverside", RIVERSIDE)
    token, _, line = capsys.readouterr().out.split("\n")[:3]
    name, _, entry = line.partition("=")
    known = Tokens.of(entry).whose([f"Bearer {token}"])
    assert name == "COCREATE_EVENT_TOKENS"
    assert known is not None
    assert (known.name, known.sources) == ("riverside", frozenset({RIVERSIDE}))
    assert token not in entry


def test_a_source_that_is_none_is_refused() -> None:
    """A name or source that no entry can have is refused with the cause, before anything is handed out."""
    with pytest.raises(CommandRefused, match="three parts"):
        print_event_token("riverside", "")


TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "none",
    "TWILIO_SENDER": "MG" + "0" * 32,
    "PUBLIC_URL": "https://messages.example.org",
    "SMTP_URL": "smtps://mail.example.org",
    "MAIL_FROM": "messages@example.org",
    "LINK_KEYS": "A" * 43 + "=",
}


@pytest.mark.parametrize("api", ["https://api.twilio.com", "http://127.0.0.1:9"])
def test_the_doctor_leaves_to_a_person_what_it_cannot_see(
    api: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio's lists are in its console alone: it says where, with our words; the sandbox has none."""
    monkeypatch.setenv("COCREATE_KAFKA_URL", "127.0.0.1:1")
    monkeypatch.setenv("COCREATE_TWILIO_API_URL", api)
    for name, value in TWILIO.items():
        monkeypatch.setenv(f"COCREATE_{name}", value)
    shown = desk("doctor", code=1)
    assert ("CANCEL, END, OPTOUT, QUIT, REVOKE, STOP, STOPALL, UNSUBSCRIBE" in shown) == (
        api == "https://api.twilio.com"
    )
    assert ("Opt-Out Management" in shown) == (api == "https://api.twilio.com")


def test_the_doctor_tells_of_words_that_differ(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Twilio took and our lists do not have is a fault, as it shows in the texts on record."""
    monkeypatch.setenv("COCREATE_KAFKA_URL", "127.0.0.1:1")

    async def taken(connection: Connection) -> None:
        await connection.execute(
            "INSERT INTO texts.texts (id, address, patients, received_at, meaning, urgent, carrier) "
            "VALUES ('SM1', '', '{}', clock.now(), 'unclear', '{}', 'STOP')"
        )

    desk.do(taken)
    assert "Twilio took them as STOP" in desk("doctor", code=1)
