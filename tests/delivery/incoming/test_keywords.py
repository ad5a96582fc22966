"""The words that the carrier takes itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.incoming.keywords import KEYWORDS, keyword


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("STOP", "STOP", id="as it stands"),
        pytest.param(" Stop\n", "STOP", id="case and space"),
        pytest.param("cancel", "STOP", id="cancel"),
        pytest.param("yes", "START", id="yes"),
        pytest.param("Info", "HELP", id="info"),
        pytest.param("stop please", None, id="not the whole text"),
        pytest.param("STOP.", None, id="a full stop"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_only_a_whole_text_is_a_keyword(body: str, expected: str | None) -> None:
    """The carrier compares the whole text, whatever its case and the space around it."""
    assert keyword(body) == expected


@given(st.text())
def test_no_text_is_on_two_lists(body: str) -> None:
    """Whatever is texted, it is on one list at most, and on the one that is named."""
    found = [name for name, words in KEYWORDS.items() if body.strip().upper() in words]
    assert found == ([keyword(body)] if found else [])
