"""Links to video visits: which a patient may be sent."""

import pytest

from shared.clinic.appointment import Appointment
from shared.clinic.courses import Session
from shared.clinic.joining import LONGEST_LINK, allowed_link, is_web_address

DOMAINS = ("nhs.uk", "nhs.wales")
LINK = "https://video.nhs.uk/room/ab12?pin=34"


@pytest.mark.parametrize(
    ("link", "sent"),
    [
        pytest.param(LINK, LINK, id="below an allowed domain"),
        pytest.param("https://nhs.wales/ab", "https://nhs.wales/ab", id="the domain itself"),
        pytest.param("https://video.example.org/ab", "", id="another domain"),
        pytest.param("https://notnhs.uk/ab", "", id="a domain that only ends alike"),
        pytest.param("https://nhs.uk.example.org/ab", "", id="a domain that begins alike"),
        pytest.param("http://video.nhs.uk/ab", "", id="not by https"),
        pytest.param("https://me@video.nhs.uk/ab", "", id="a user"),
        pytest.param("https://video.nhs.uk:8443/ab", "", id="a port"),
        pytest.param("https://video.nhs.uk@example.org/", "", id="a user that looks like a domain"),
        pytest.param("https://vıdeo.nhs.uk/ab", "", id="a letter that looks like another"),  # noqa: RUF001
        pytest.param("https://video.nhs.uk/a b", "", id="a space"),
        pytest.param("https://video.nhs.uk/a\nReply STOP", "", id="a new line"),
        pytest.param(f"https://video.nhs.uk/{'x' * LONGEST_LINK}", "", id="longer than a text holds"),
        pytest.param("javascript:alert(1)", "", id="no web address"),
        pytest.param("", "", id="none"),
        pytest.param(None, "", id="nothing"),
    ],
)
def test_a_link_leads_to_an_allowed_domain(link: str | None, sent: str) -> None:
    """Whoever learns to tap our links taps the next one too: any other link is not sent."""
    assert allowed_link(link, DOMAINS) == sent


@pytest.mark.parametrize("link", ["not a link", 5, None, ["https://video.nhs.uk/ab"], "https://video.nhs.uk/a b"])
def test_a_link_that_cannot_be_read_costs_the_link_alone(link: object) -> None:
    """The appointment counts, and so does the session: how to join is told otherwise."""
    session = Session.model_validate({"number": 1, "start": "2026-12-01T09:00:00Z", "join_link": link})
    appointment = Appointment.model_validate(
        {"status": "booked", "start": "2026-12-01T09:00:00Z", "patient": {"id": "1"}, "join_link": link}
    )
    assert (session.join_link, appointment.join_link) == (None, None)


def test_a_link_is_kept_as_it_came() -> None:
    """Its domain is checked where it is sent, for the list of domains is a setting; space around it is none of it."""
    session = Session.model_validate({"number": 1, "start": "2026-12-01T09:00:00Z", "join_link": f" {LINK} "})
    assert session.join_link == LINK
    assert is_web_address("https://video.example.org/ab")
