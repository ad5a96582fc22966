"""Subject access: all that is held of a patient is in the file, and nothing of anybody else."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from services.cli.commands import export
from services.cli.commands.export import ALSO, LEFT_OUT, SECTIONS
from shared.platform.database import Pool
from tests.cli.commands.test_people import NUMBER, _known
from tests.cli.conftest import Desk, desk, terminal  # noqa: F401 - fixtures
from tests.harness import MONDAY, Harness, appointment
from tests.people.test_forgetting import WORDS, known, owner

REFERRING = """
SELECT DISTINCT c.table_schema || '.' || c.table_name AS name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema')
    AND (c.data_type IN ('bytea', 'uuid') AND c.table_schema NOT IN ('words')
         OR c.column_name IN ('patient_id', 'patients', 'thing', 'things', 'reply_id', 'text_id', 'reunion', 'event'))
"""


async def test_every_table_with_a_patient_is_in_the_file(pool: Pool) -> None:
    """Each that has an id, an index or a thing of a patient is read, or named with the reason why it is not."""
    names = {row["name"] for row in await pool.fetch(REFERRING)}
    names = {"*.facts" if name.endswith(".facts") else name for name in names}
    assert names == {one.table for one in SECTIONS.values()} | ALSO.keys() | LEFT_OUT.keys()
    assert all(LEFT_OUT.values())
    assert all(section.table in section.sql for section in SECTIONS.values())


def test_every_key_is_documented() -> None:
    """What the page says of each key is what the file says."""
    page = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    assert [name for name, one in SECTIONS.items() if f"| `{name}` | {one.holds} |" not in page] == []


async def test_what_is_held_is_in_the_file(harness: Harness) -> None:
    """What was said, sent and texted, with the words; what is planned and to be done."""
    one = await known(harness)
    async with harness.pool.acquire() as connection:
        told = await export.read(connection, harness.encryption, one)
    assert {voice["details"]["first_name"] for voice in told["said"]} == {"Una"}
    assert [given["address"] for given in told["addresses"]] == ["+447700900001"]
    assert [text["words"][1] for text in told["texts"]] == [WORDS]
    assert {message["state"] for message in told["messages"]} == {"scheduled"}
    assert all(message["says"] for message in told["messages"])
    assert [task["kind"] for task in told["tasks"]] == ["read_reply"]
    assert [fact["thing"] for fact in told["facts"]["prompts"]] == ["https://riverside.example.org/appointment/1001"]
    await harness.deliver_at(MONDAY + timedelta(days=14, hours=7))
    async with harness.pool.acquire() as connection:
        told = await export.read(connection, harness.encryption, one)
    sent = [message for message in told["messages"] if message["state"] == "sent"]
    assert "Una, you have an appointment" in json.dumps(sent[0]["words"])


async def test_nothing_of_anybody_else_is(harness: Harness) -> None:
    """Neither another's id nor the words from a phone that others have too."""
    await harness.clinic_says(appointment("2001", patient="p2", first_name="Ben"))
    one = await known(harness)
    other = await owner(harness, "p2")
    async with harness.pool.acquire() as connection:
        told = json.dumps(await export.read(connection, harness.encryption, one), default=str)
    assert not any(secret in told for secret in ("Ben", "2001", str(other), WORDS))
    assert "the words may be theirs" in told


def test_the_file_is_for_its_owner_alone(desk: Desk, tmp_path: Path) -> None:  # noqa: F811 - a fixture
    """Whatever stood there before, and whatever rights it had."""
    desk.do(_known)
    file = tmp_path / "una.json"
    file.write_text("old")
    file.chmod(0o644)
    ids = re.findall(r"Patient ([0-9a-f-]{36})", desk("people", "show", NUMBER))
    said = desk("people", "export", *ids, "--to", file)
    assert "2 patients" in said
    assert file.stat().st_mode & 0o777 == 0o600
    told = json.loads(file.read_text())
    assert [one["id"] for one in told["patients"]] == ids
    assert told["means"].keys() == {*SECTIONS, "said", "facts"}
    assert told["patients"][0].keys() == {*told["means"], "id"}


@pytest.mark.parametrize("text", ["p9", NUMBER], ids=["nobody", "several"])
def test_who_is_not_meant_without_doubt_is_not_shown(desk: Desk, tmp_path: Path, text: str) -> None:  # noqa: F811
    """No file, and the cause is said."""
    desk.do(_known)
    assert "name one patient" in desk("people", "export", text, "--to", tmp_path / "x.json", code=1)
    assert not (tmp_path / "x.json").exists()
