"""Who comes to a reunion, for its organiser, read when their list is claimed: no plan ever holds a name."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from shared.planning import fact_store
from shared.planning.fact_store import NO_PATIENT
from shared.platform.clock import Connection
from shared.rules.waiting_list import SeatStatus
from shared.schedule import attendance, reconciliation
from shared.schedule.attendance import Attendance
from shared.security.encryption import Encryption, EncryptionError
from shared.words.coming import Coming

log = logging.getLogger("cocreate.delivery")


async def load(
    connection: Connection, encryption: Encryption, planners: tuple[str, str], lists: Iterable[Mapping[str, Any]]
) -> dict[str, Coming]:
    """Who comes to each reunion of these lists, by its name; one of which nobody can tell has none.

    Args:
        connection: of the claim.
        encryption: opens the names.
        planners: the one whose reunions the lists show, and the one that planned the lists.
        lists: the data of messages; those that are no lists of organisers name no reunion.

    """
    reunions = sorted({people["thing"] for one in lists if (people := one.get("people"))})
    if not reunions:
        return {}
    known = await fact_store.agreed(connection, *planners, reunions)
    held = {thing for _, thing in await reconciliation.held(connection, reunions)}
    found = {}
    for thing in (one.thing for one in known if one.patient_id == NO_PATIENT and one.thing not in held):
        try:
            found[thing] = coming(await attendance.load(connection, encryption, thing))
        except EncryptionError:
            log.warning("a name on the list of %s cannot be opened: its organiser gets none", thing)
    return found


def coming(listed: Attendance) -> Coming:
    """What an organiser reads of a list: whoever has died is neither named nor counted."""

    def people(*standings: SeatStatus) -> int:
        return sum(max(one.party, 1) for one in listed.people if one.standing in standings)

    return Coming(
        tuple((one.first_name, one.party) for one in listed.people if one.standing is SeatStatus.IN),
        waiting=people(SeatStatus.WAITING, SeatStatus.CLOSED),
        offered=people(SeatStatus.OFFERED),
    )
