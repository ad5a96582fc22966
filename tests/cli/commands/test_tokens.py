"""`cocreate tokens`: a token is somebody's, is shown once, ends, and is withdrawn with a reason."""

import hashlib

import pytest

from services.cli.on_record import operator
from services.gateway import issued_tokens
from services.gateway.issued_tokens import IssuedToken
from tests.cli.conftest import Desk
from tests.harness import OTHER_SOURCE, SOURCE

ISSUE = ("tokens", "issue", "booking", "--for", "Riverside booking", "--source", f"{SOURCE}/", "--expires", "180d")


def kept(desk: Desk) -> list[IssuedToken]:
    found: list[IssuedToken] = desk.do(issued_tokens.load)
    return found


def test_a_token_is_issued_listed_and_withdrawn(desk: Desk) -> None:
    """The printed token is the one whose hash is kept; whose it is, by whom and until when are listed."""
    token = desk(*ISSUE, "--source", OTHER_SOURCE).splitlines()[0]
    digest = desk.do(lambda connection: connection.fetchval("SELECT digest FROM gateway.tokens"))
    assert digest == hashlib.sha256(token.encode()).digest()
    (one,) = kept(desk)
    assert (one.issued_to, one.sources, one.issued_by) == ("Riverside booking", (SOURCE, OTHER_SOURCE), operator())
    assert (one.expires_at - one.issued_at).days in {179, 180}
    assert one.is_valid
    desk("tokens", "withdraw", "booking", "--why", "left the trust")
    shown = desk("tokens", "list")
    assert "left the trust" in shown
    assert "Riverside booking" in shown
    assert token not in shown
    assert not kept(desk)[0].is_valid


REFUSED = [
    (("tokens", "issue", "b", "--for", " ", "--source", SOURCE, "--expires", "9d"), "Say whose it is"),
    (("tokens", "issue", "Not a name", "--for", "x", "--source", SOURCE, "--expires", "9d"), "a name is 1 to 40"),
    (("tokens", "issue", "b", "--for", "x", "--source", "nhs", "--expires", "9d"), "no clinic speaks as 'nhs'"),
    (("tokens", "issue", "b", "--for", "x", "--source", SOURCE, "--source", "", "--expires", "9d"), "three parts"),
    (("tokens", "issue", "b", "--for", "x", "--source", SOURCE, "--expires", "2020-01-01"), "expired already"),
    (("tokens", "issue", "b", "--for", "x", "--source", SOURCE, "--expires", "0d"), "expired already"),
    (("tokens", "issue", "b", "--for", "x", "--source", SOURCE, "--expires", "never"), "no day or span"),
    (("tokens", "withdraw", "b", "--why", "x"), "No token b stands"),
    (("tokens", "withdraw", "b"), "Say why"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_is_refused(desk: Desk, words: tuple[str, ...], said: str) -> None:
    """Nobody's, no name, another's source, no end or one that has been: nothing is kept, and the cause is said."""
    assert said in desk(*words, code=1)
    assert kept(desk) == []


def test_a_name_is_given_once(desk: Desk) -> None:
    """Withdrawn or not, a name stays whose it was."""
    desk(*ISSUE)
    assert "was issued before" in desk(*ISSUE, code=1)
    desk("tokens", "withdraw", "booking", "--why", "x")
    assert "was issued before" in desk(*ISSUE, code=1)
