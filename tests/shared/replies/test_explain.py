"""`cocreate replies`: a text's reading with its reasons."""

import io

import pytest

from services.cli.commands.replies import explain
from services.cli.terminal import CommandRefused


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("1 please", "answer (1): acts", id="answer"),
        pytest.param("stop pls", "stops all: acts", id="stop"),
        pytest.param("no more goal texts", "stops category (goals): acts", id="category"),
        pytest.param("2?", "unclear: does not act", id="unclear"),
        pytest.param("A, B", "several (A, B): does not act", id="several"),
        pytest.param("cant make it", "needs person (visit): does not act", id="person"),
        pytest.param("my knee [bold]", "own words", id="own-words"),
        pytest.param("chest pain", "URGENT, and own words", id="urgent"),
    ],
)
def test_a_reading_is_shown_with_its_reasons(text: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each text is followed by what it means, whether it acts, and the rule that says so."""
    explain([text])
    first, *reasons = capsys.readouterr().out.splitlines()
    assert first.startswith(repr(text))
    assert shown in first
    assert reasons


def test_texts_are_read_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-` takes one text a line."""
    monkeypatch.setattr("sys.stdin", io.StringIO("1\nSTOP\n"))
    explain(["-"], ["1"])
    assert capsys.readouterr().out.count(": acts") == 2


def test_a_question_that_nobody_asks_is_refused() -> None:
    """An answer that no message asks for is named, with those that are."""
    with pytest.raises(CommandRefused, match="No message asks for X"):
        explain(["1"], ["x"])
