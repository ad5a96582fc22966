"""What `cocreate people export` writes: all that is held of a patient, as one file for whoever asks to see it."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from services.cli import on_record
from services.cli.harmless import harmless, write_private
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from shared.patients import details, erasures, identity
from shared.patients.person import Voice, answers
from shared.planning import patient_facts
from shared.platform import clock
from shared.platform.clock import Connection
from shared.schedule.quarantine import patient_thing
from shared.security.encryption import Encryption, Sealed
from shared.settings import Connections


@dataclass(frozen=True, slots=True)
class ExportSection:
    """A part of the file: from which table, what it holds, and the statement that reads it.

    The statement is given the patients' ids, their references, the indexes of their addresses and the names of their
    things, of which it names what it needs.
    """

    table: str
    holds: str
    sql: str


SECTIONS: Mapping[str, ExportSection] = {
    "known_to": ExportSection(
        "people.identifiers",
        "the sources that know the patient, and whether they give an NHS number; what they call them stays with them",
        "SELECT source, claims IS NOT NULL AS gives_nhs_number FROM people.identifiers WHERE patient_id = ANY($1)",
    ),
    "unions": ExportSection(
        "people.patients",
        "our own ids of the patient; `merged_into`: one that turned out to be the same as another",
        "SELECT id, merged_into FROM people.patients WHERE id = ANY($1)",
    ),
    "partings": ExportSection(
        "people.apart",
        "records that an operator parted from others: who did so, why and when",
        "SELECT parted_by, parted_for, parted_at FROM people.apart WHERE reference = ANY($2) OR number = ANY($2)",
    ),
    "addresses": ExportSection(
        "people.addresses",
        "numbers and mailboxes, who gave each, and what may be done there",
        """SELECT address, source, may_answer, safe_to_text, safe_to_call FROM people.addresses
        WHERE patient_id = ANY($1)""",
    ),
    "on_record": ExportSection(
        "audit.entries",
        "who looked at what concerns the patient, or changed what they get, and why",
        "SELECT at, who, means, action, changes, why FROM audit.entries WHERE patients && $1 ORDER BY id",
    ),
    "opt_outs": ExportSection(
        "people.opt_outs",
        "what is stopped at an address, by what, since when",
        "SELECT address, category, origin, since_at FROM people.opt_outs WHERE address = ANY($3)",
    ),
    "unsafe_phones": ExportSection(
        "people.unsafe_phones",
        "phones that somebody else may read, and who lifted that",
        """SELECT address, reported_by, since_at, lifted_at, lifted_by, lifted_because FROM people.unsafe_phones
        WHERE address = ANY($3)""",
    ),
    "dead_numbers": ExportSection(
        "people.dead_numbers",
        "numbers that take no text",
        "SELECT * FROM people.dead_numbers WHERE address = ANY($3)",
    ),
    "messages": ExportSection(
        "schedule.messages",
        "messages, planned and sent: about what, when, where it stands and why, and the words while they are kept",
        "SELECT * FROM schedule.messages WHERE patient_id = ANY($1) ORDER BY send_at, id",
    ),
    "texts": ExportSection(
        "texts.texts",
        "texts from the patient, how they were understood, and the words while they are kept",
        "SELECT * FROM texts.texts WHERE patients && $1 ORDER BY received_at, id",
    ),
    "answers": ExportSection(
        "schedule.replies",
        "which text answered which message, as a code",
        "SELECT * FROM schedule.replies WHERE patient_id = ANY($1) ORDER BY at, id",
    ),
    "told_to_clinics": ExportSection(
        "schedule.responses",
        "what clinics were told of the answers",
        "SELECT * FROM schedule.responses WHERE patient_id = ANY($1) ORDER BY at, id",
    ),
    "tasks": ExportSection(
        "tasks.tasks",
        "what people were asked to do, and what became of it",
        "SELECT * FROM tasks.tasks WHERE patient_id = ANY($1) ORDER BY raised_at, id",
    ),
    "holds": ExportSection(
        "texts.holds",
        "what holds messages back until a person has looked",
        "SELECT address, kind, text_id, since_at FROM texts.holds WHERE patient_id = ANY($1)",
    ),
    "unreadable": ExportSection(
        "schedule.holds",
        "events about the patient, or their things, that could not be read",
        "SELECT * FROM schedule.holds WHERE thing = ANY($4)",
    ),
    "looked_at_again": ExportSection(
        "schedule.wakeups",
        "when a planner looks at the patient again",
        "SELECT planner, key, at FROM schedule.wakeups WHERE patient_id = ANY($1)",
    ),
    "seats": ExportSection(
        "reunions.entries",
        "who has a place at a reunion: what the patient answered, in the order of arrival",
        """SELECT reunion, arrival, at, act, party, reply_id FROM reunions.entries WHERE patient_id = ANY($1)
        ORDER BY at, reunion""",
    ),
    "erasures": ExportSection(
        "people.erasures",
        "an erasure: by whom, why and when",
        "SELECT erased_by, erased_for, erased_at FROM people.erasures WHERE patient_id = ANY($1)",
    ),
}

ALSO = {
    "people.details": "`said`: what each source says, its own record and what came along with its things",
    "*.facts": "`facts`, by planner: appointments, goals, courses and who is enrolled",
}
"""What is read by the functions of its owner, for it is sealed, or in a schema of each planner."""

LEFT_OUT = {
    "gateway.tokens": "access tokens of clinics' systems: of no patient",
    "people.erased_references": "blind indexes of who was erased: they lead to no patient",
    "schedule.outbox": "events on their way to Kafka: the same as is told of messages, tasks and answers",
    "reunions.lists": "how far a list has been planned: of no patient",
}
"""Tables with something like a patient's reference of which nothing is in the file, and why."""

SEALED = ("sealed", "key_id")
OURS = ("address", "tried", "reference", "wanted", "claim_token", "lease_until", "patients")
"""Columns of our own: blind indexes and digests tell nobody anything, and a shared phone's others are not shown."""


def export_patients(asked: Sequence[str], to: Path) -> None:
    """Write all that is held of these patients to a file that its owner alone may read.

    Raises:
        CommandRefused: one of them is not known, or several are meant.

    """
    told = asyncio.run(_export(asked))
    write_private(to, harmless(json.dumps(told, indent=2, ensure_ascii=False, default=str)) + "\n")
    number = len(told["patients"])
    out.print(
        f"{number} patient{'' if number == 1 else 's'} in {to}: for its owner's eyes alone.",
        soft_wrap=True,
        markup=False,
    )


async def _export(asked: Sequence[str]) -> dict[str, Any]:
    connections = settings(Connections)
    encryption = connections.encryption()
    async with reachable(connections) as pool, pool.acquire() as connection:
        meant = [await _meant(connection, encryption, text) for text in dict.fromkeys(asked)]
        await on_record.look(connection, "people export", patients=meant)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            patients = [await read(connection, encryption, one) for one in dict.fromkeys(meant)]
            moment = await clock.read(connection)
    holds = {name: section.holds for name, section in SECTIONS.items()}
    return {"as_of": moment.now, "means": {**holds, "said": ALSO["people.details"], "facts": ALSO["*.facts"]}} | {
        "patients": patients
    }


async def _meant(connection: Connection, encryption: Encryption, text: str) -> UUID:
    found = await identity.search(connection, encryption, text)
    meant = {(await erasures.together(connection, one))[0] for one in found}
    if len(meant) != 1:
        known = ", ".join(sorted(map(str, meant))) or "nobody"
        raise CommandRefused(f"By {text!r} {known} is known: name one patient, by our own id (`cocreate people show`).")
    return meant.pop()


async def read(connection: Connection, encryption: Encryption, patient: UUID) -> dict[str, Any]:
    """All that is held of a patient, as values that JSON can hold or that print as themselves."""
    patients = await erasures.together(connection, patient)
    said = [one for those in (await details.voices(connection, encryption, patients)).values() for one in those]
    names = await identity.names_of(connection, patients)
    things = [*(await patient_facts.things(connection, patients)), *map(patient_thing, patients)]
    written = {
        encryption.index(value): value
        for voice in said
        for value in answers(voice.details.contacts or (), encryption.region)
    }
    known: Mapping[int, Any] = {
        1: patients,
        2: [reference for those in names.values() for reference in those],
        3: list(written),
        4: things,
    }
    found: dict[str, Any] = {"id": patient, "said": [_said(voice) for voice in said]}
    for name, section in SECTIONS.items():
        rows = await _rows(connection, section.sql, known)
        found[name] = [_shown(section.table, row, encryption, (set(patients), written)) for row in rows]
    found["facts"] = await patient_facts.rows(connection, patients)
    return found


async def _rows(connection: Connection, sql: str, known: Mapping[int, Any]) -> list[dict[str, Any]]:
    """What a section's statement finds; it names one of `$1` to `$4`."""
    used = next(number for number in known if f"${number}" in sql)
    return [dict(row) for row in await connection.fetch(sql.replace(f"${used}", "$1"), known[used])]


def _said(voice: Voice) -> dict[str, Any]:
    how = "with its things" if voice.embedded else "its own record"
    told = voice.details.model_dump(mode="json", exclude_none=True)
    return {"source": voice.source, "by": how, "as_of": voice.version[:20], "details": told}


def _shown(
    table: str, row: dict[str, Any], encryption: Encryption, whose: tuple[set[UUID], Mapping[bytes, str]]
) -> dict[str, Any]:
    """A row without what is ours alone, with its words opened and its address as it is written."""
    patients, written = whose
    shown = {name: _plain(value) for name, value in row.items() if name not in (*SEALED, *OURS)}
    if row.get("address") is not None:
        shown["address"] = written.get(row["address"], "an address that no source gives any more")
    if row.get("sealed") is None:
        return shown
    if table == "texts.texts" and not set(row["patients"]) <= patients:
        return shown | {"words": None, "left_out": "from a phone that others have too: the words may be theirs"}
    return shown | {"words": json.loads(encryption.open(Sealed(row["key_id"], row["sealed"]), str(row["id"])))}


def _plain(value: Any) -> Any:
    """A value as it is written: lists of texts as such, JSON as what it says, nothing that is binary."""
    if isinstance(value, bytes):
        return None
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return [_plain(one) for one in value] if isinstance(value, Iterable) and not isinstance(value, str) else value
