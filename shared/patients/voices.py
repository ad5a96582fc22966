"""What sources say of patients, folded: pure, and the same in the database and in a rehearsal."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from shared.clinic.patient import Details
from shared.patients.person import Voice

FIELDS = frozenset(Details.model_fields)
"""What is a detail: a reference's own id is none."""

LASTING = frozenset({"deceased", "opt_outs"})
"""What only its own source can take back, and only in so many words: leaving it out, or a tombstone, does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedDetails:
    """Details that came with an event: in the patient's own record, or embedded in another thing. None: gone."""

    patient_id: UUID
    reference: bytes
    embedded: bool
    version: str
    details: Details | None
    source: str

    @property
    def voice(self) -> Voice | None:
        """What it says as one voice among others; None where it is gone."""
        if self.details is None:
            return None
        return Voice(self.version, self.embedded, self.details, self.reference, self.source)

    @property
    def says_something(self) -> bool:
        """Whether it does more than name the patient."""
        details = self.details
        return not self.embedded or any(getattr(details, name) is not None for name in FIELDS)


Voices: TypeAlias = dict[tuple[bytes, bool], ReportedDetails]
"""What each voice says: by reference, and whether it is embedded in other things."""


def news(spoken: Iterable[ReportedDetails], known: Voices) -> Voices:
    """What is newer than what is known, of each voice the newest; what it leaves out is filled from before."""
    found: Voices = {}
    for one in sorted((one for one in spoken if one.says_something), key=lambda one: one.version):
        key = (one.reference, one.embedded)
        last = found.get(key) or known.get(key)
        if last is None or one.version > last.version:
            found[key] = _filled(one, last)
    return found


def _filled(one: ReportedDetails, before: ReportedDetails | None) -> ReportedDetails:
    """What was told before, where this leaves it out: all of it in embedded details, else death and opt-outs."""
    if before is None or before.details is None:
        return one
    details = one.details or Details()
    told = {name: getattr(before.details, name) for name in FIELDS if getattr(details, name) is None}
    if not one.embedded:  # of a record that is gone, "has not died" needs no keeping
        told = {name: told[name] for name in LASTING & told.keys() if told[name]}
    return replace(one, details=details.model_copy(update=told)) if told else one


def by_patient(spoken: Iterable[ReportedDetails]) -> dict[UUID, list[Voice]]:
    """The voices that speak of each patient."""
    voices: dict[UUID, list[Voice]] = {}
    for one in spoken:
        said = voices.setdefault(one.patient_id, [])
        if one.voice is not None:
            said.append(one.voice)
    return voices
