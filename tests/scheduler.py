"""The scheduler of pytest-xdist that goes by `tests/distribution.py`."""

from xdist.scheduler import LoadScopeScheduling

from tests.distribution import group_of


class ByFile(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
    """Hands a worker a whole file at a time, in the order of collection; what needs the Kafka counts as one file."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
