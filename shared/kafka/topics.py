"""Every topic, with its partitions and its retention."""

from datetime import timedelta

from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.courses import COURSES
from shared.clinic.goal import GOALS
from shared.clinic.patient import PATIENTS
from shared.events.topic_names import DEAD, INBOUND, RECEIPTS, RESPONSES, STATUS, TASKS
from shared.kafka.client import Topic

PARTITIONS = 6  # as many replicas of a service can share the work
FACTS_KEPT = timedelta(days=400)  # longer than any appointment is booked ahead
PASSING_KEPT = timedelta(days=28)


def topics(partitions: int = PARTITIONS) -> list[Topic]:
    """All topics of the services."""
    sources = [Topic(name, partitions, FACTS_KEPT) for name in (APPOINTMENTS, GOALS, COURSES, PATIENTS)]
    own = [Topic(name, partitions, PASSING_KEPT) for name in (RECEIPTS, INBOUND, STATUS, TASKS, RESPONSES)]
    read = (APPOINTMENTS, GOALS, COURSES, PATIENTS, RECEIPTS, INBOUND)
    return [*sources, *own, *(Topic(name + DEAD, 1, FACTS_KEPT) for name in read)]
