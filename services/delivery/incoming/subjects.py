"""Which message of ours an event from the gateway is about."""

from uuid import UUID

from shared.events.cloudevents import Event


def message_of(event: Event) -> UUID | None:
    """The message whose id ends the name of the event's thing; None where it ends in no id of a message."""
    try:
        return UUID(event.thing.rpartition("/")[2])
    except ValueError:
        return None
