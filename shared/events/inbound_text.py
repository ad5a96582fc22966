"""Inbound texts from patients: the gateway writes them to `messaging.inbound`, delivery reads them."""

import re
from typing import Literal

from pydantic import Field

from shared.events.types import EventData

TYPE = "cocreate.text.v1"
KIND = "text"

PHONE = re.compile(r"^\+?[0-9]{3,15}$")
"""A sender's number: E.164, or a short code."""

MOST_PICTURES = 10  # in one message, as Twilio counts them
LONGEST_BODY = 1_600  # characters: what Twilio hands over of one text, however many parts it came in


class Inbound(EventData):
    """An inbound text. Its `repr` shows neither the text nor the numbers."""

    provider: Literal["twilio"]
    provider_id: str = Field(
        min_length=1, max_length=64, description="the provider's name for it: the same one twice is one text"
    )
    sender: str = Field(
        repr=False, pattern=PHONE.pattern, description="the phone that it came from, E.164; or a short code"
    )
    recipient: str = Field(repr=False, max_length=64, description="the number of ours that it was sent to")
    body: str = Field(repr=False, max_length=LONGEST_BODY)
    opt_out: Literal["STOP", "START", "HELP"] | None = Field(
        default=None, description="what Twilio has done about it already (`OptOutType`)"
    )
    pictures: int = Field(default=0, ge=0, le=MOST_PICTURES, description="how many came with it; none is kept")
