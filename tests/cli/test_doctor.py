"""What the doctor hands out."""

import pytest

from services.cli.doctor import print_event_token
from services.cli.terminal import Refused
from services.gateway.tokens import Tokens

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
    with pytest.raises(Refused, match="three parts"):
        print_event_token("riverside", "")
