"""Which release shipped a planner's words last: an older one brings nothing back amid a rolling upgrade."""

import logging

from shared.platform.clock import Connection
from shared.platform.release import release

log = logging.getLogger("cocreate.words")

# Equal releases may differ while somebody develops: of these the last to start wins, as ever.
KEEP = """
INSERT INTO words.releases AS r (planner, release) VALUES ($1, $2)
ON CONFLICT (planner) DO UPDATE SET release = excluded.release WHERE r.release <= excluded.release
RETURNING planner
"""


async def may_ship(connection: Connection, planner: str) -> bool:
    """Whether no newer release has shipped this planner's words; this one is on record then."""
    if await connection.fetchval(KEEP, planner, list(release())) is not None:
        return True
    log.warning("a newer release has shipped the words of %s: those of this one are left out", planner)
    return False
