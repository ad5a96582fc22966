"""A patient erased at the terminal: asked first, on record, and with what is left to do elsewhere."""

from pathlib import Path

import pytest

from tests.cli.commands.test_people import NUMBER, _known
from tests.cli.conftest import Desk
from tests.harness import OTHER_SOURCE, SOURCE

BECAUSE = ("--because", "letter 17")


def _named(source: str) -> tuple[str, ...]:
    return ("--source", f"{source}/", "--local-id", "p1")


@pytest.fixture(autouse=True)
def no_delivery(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Delivery's settings are elsewhere."""
    monkeypatch.chdir(tmp_path)


REFUSED = [
    ("no reason", (*_named(SOURCE), "--yes"), "Say why"),
    ("no reason but spaces", (*_named(SOURCE), "--because", " ", "--yes"), "Say why"),
    ("nobody said", (*BECAUSE, "--yes"), "Say whom"),
    ("half a name", ("--source", SOURCE, *BECAUSE, "--yes"), "Say whom"),
    ("both ways", ("p1", *_named(SOURCE), *BECAUSE, "--yes"), "Say whom"),
    ("several", (NUMBER, *BECAUSE, "--yes"), "2 patients"),
    ("nobody known", ("p9", *BECAUSE, "--yes"), "Nobody"),
    ("no such record", ("--source", SOURCE, "--local-id", "p9", *BECAUSE, "--yes"), "Nobody"),
    ("not confirmed", (*_named(SOURCE), *BECAUSE), "Aborted"),
]


@pytest.mark.parametrize(("words", "cause"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_refused_changes_nothing(desk: Desk, words: tuple[str, ...], cause: str) -> None:
    """Who is not meant without doubt, or for no reason, is not erased."""
    desk.do(_known)
    assert cause in desk("people", "forget", *words, code=1)
    assert SOURCE in desk("people", "show", NUMBER)


def test_a_patient_is_erased_and_the_other_is_not(desk: Desk) -> None:
    """Counts first, then what stays, what is left on Kafka under which key, and what comes back."""
    desk.do(_known)
    said = desk("people", "forget", *_named(SOURCE), *BECAUSE, "--yes")
    assert "1  records of details" in said
    assert f"clinic.patients  {SOURCE}/patient/p1" in said
    assert "Comes back: nothing that its source dates before now" in said
    assert "At Twilio" in said
    assert not any(secret in said for secret in ("Una", "900001", NUMBER))
    shown = desk("people", "show", NUMBER)
    assert OTHER_SOURCE in shown
    assert SOURCE not in shown


def test_who_was_erased_is_so_once(desk: Desk) -> None:
    """By our own id it is said when and by whom; by any other nobody is known."""
    desk.do(_known)
    said = desk("people", "forget", *_named(SOURCE), *BECAUSE, "--yes")
    own = said.partition("Patient ")[2][:36]
    assert "Erased already" in desk("people", "forget", own, *BECAUSE, "--yes", code=1)
    assert "Nobody" in desk("people", "forget", *_named(SOURCE), *BECAUSE, "--yes", code=1)
