"""Names of things: `{source}/{kind}/{id}`, and which source gave one."""

import re
from collections.abc import Iterable

OF_OURS = "urn:cocreate:"
"""How our own names begin: of patients, and of what no source has named."""

# A source may write its identifiers with slashes: `2026/1001`. Read from the right, so that a source whose identifiers
# look like another's things speaks for that other one: whoever posts must be granted both (`gateway.judging`).
_NAMED = re.compile(r"(.*)/(?:appointment|goal|course|enrolment|reunion|patient)/.", re.DOTALL)


def source_of(thing: str) -> str:
    """The source that gave a thing its name: all before its kind and its identifier there."""
    found = _NAMED.match(thing)
    return found[1] if found else re.sub(r"/[^/]+/[^/]*\Z", "", thing)


def sources_of(things: Iterable[str], places: Iterable[str] = ()) -> frozenset[str]:
    """The sources whose things a message is about; of one that is about none, those of its places."""
    named = {source_of(thing) for thing in things if not thing.startswith(OF_OURS)}
    return frozenset(named or {place.partition("#")[0] for place in places})
