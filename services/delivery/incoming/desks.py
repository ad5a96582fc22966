"""Which desk answers what a patient writes: the reason of a task to read a text."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.replies.meaning import About
from shared.schedule.states import Why

DESKS: Mapping[About, Why] = MappingProxyType(
    {
        About.IN_HOSPITAL: Why.IN_HOSPITAL,
        About.MOVED_AWAY: Why.MOVED_AWAY,
        About.INTERPRETER: Why.ASKS_INTERPRETER,
        About.TRANSPORT: Why.ASKS_TRANSPORT,
        About.PREPARATION: Why.ASKS_PREPARATION,
    }
)
"""Subjects that a desk of its own answers: the reason of the task says which."""
