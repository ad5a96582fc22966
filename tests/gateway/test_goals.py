"""Goals that clinics type: on a page, through a real server to a real broker, and as a file."""

import base64
import hashlib
import io
import json
import logging
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.gateway.cloudevents import MOST_EVENTS
from services.gateway.entries import CHOOSE, NOT_YOURS, TWICE, WHICH_GOAL
from services.gateway.events import MAX_BYTES
from services.gateway.goal_pages import LABELS, LOOK, STATUSES, TOKEN, PageNotice, page
from services.gateway.rendering import style
from services.gateway.settings import Settings
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.courses import COURSES
from shared.clinic.goal import GOALS, Goal, GoalStatus
from shared.clinic.patient import PATIENTS
from shared.embedded import EmbeddedKafka
from shared.events.topic_names import INBOUND, RECEIPTS
from shared.formats.csv import goals
from shared.formats.csv.goals import COLUMNS
from shared.formats.csv.tables import FieldFault
from tests.gateway.gateway_harness import Door, free_port, opened, read_receipts
from tests.gateway.posting import BOTH, ENTRIES, HILLSIDE, NEW, RIVERSIDE, Answer, Clinic, as_read, gateway

ROW = {"patient": "P1", "set_on": "2026-11-10"}
FORM = "application/x-www-form-urlencoded"
UNKNOWN = "cocreate_" + "z" * 43


class Outline(HTMLParser):
    """What a screen reader finds in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        return [attributes for name, attributes in self.tags if name in tags]

    @property
    def values(self) -> dict[str | None, str | None]:
        """What stands in each field."""
        chosen = [value for value in self.all("option") if "selected" in value]
        return {one["name"]: one.get("value") for one in self.all("input")} | {
            "chosen": chosen[0]["value"] if chosen else None
        }


@dataclass(frozen=True)
class Seen:
    """A page that came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def outline(self) -> Outline:
        """What is in it."""
        return Outline(self.text)

    def says(self, words: str) -> bool:
        """Whether somebody who looks at it reads this."""
        return words in unescape(self.text)


async def typed(door: Door, token: str = NEW, **fields: str) -> Seen:
    """Type a goal into the page and send it."""
    form = ROW | {TOKEN: token} | fields
    async with door.session.post(f"{door.url}/goals", data=form, allow_redirects=False) as response:
        return Seen(response.status, await response.text(), response.headers)


async def sent(clinic: Clinic, text: str | bytes, token: str | None = NEW, kind: str | None = "text/csv") -> Answer:
    """Send a file."""
    body = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return await clinic.post(io.BytesIO(body), kind, token, path="/goals")


@pytest.fixture(scope="module")
async def answering() -> AsyncIterator[Clinic]:
    """A clinic at one gateway for all tests that look at answers alone, and never into a topic."""
    with EmbeddedKafka() as broker:
        for topic in (RECEIPTS, INBOUND, APPOINTMENTS, GOALS, COURSES, PATIENTS):
            broker.create_topic(topic, 2)
        async with opened(gateway(broker.url, event_tokens=ENTRIES)) as door:
            yield Clinic(door)


class TestTheForm:
    """One goal, typed."""

    async def test_a_goal_is_read_as_it_was_typed(self, clinic: Clinic, broker: EmbeddedKafka) -> None:
        """What was typed lies in the topic under its goal, the service that reads it takes it, and the page says so."""
        fields = {"review_on": "2026-11-24", "confidence": "7", "clinic": "MSK", "status": "active", "goal": "G1"}
        answer = await typed(clinic.door, **fields)
        assert answer.status == 200
        assert answer.says("Active, set on 10 November 2026, of patient P1. To be asked on 24 November 2026.")
        [record] = await read_receipts(broker.url, 1, GOALS)
        event = as_read(record)
        assert record.key == event.thing.encode() == f"{RIVERSIDE}/goal/G1".encode()
        said = {"patient": {"id": "P1"}, "set_on": "2026-11-10", "review_on": "2026-11-24", "confidence": 7}
        assert event.data == Goal.model_validate({**said, "clinic": "MSK"})

    async def test_the_same_entry_is_the_same_goal(self, clinic: Clinic, broker: EmbeddedKafka) -> None:
        """Sent twice, as a reload does, and then as achieved, it is one goal, and the last word counts."""
        for status in ("", "active", "achieved"):
            assert (await typed(clinic.door, status=status)).status == 200
        first, second, last = map(as_read, await read_receipts(broker.url, 3, GOALS))
        assert first.thing == second.thing == last.thing
        assert last.version.text > second.version.text > first.version.text
        assert isinstance(last.data, Goal)
        assert last.data.status is GoalStatus.ACHIEVED

    async def test_the_next_one_is_typed_at_once(self, answering: Clinic) -> None:
        """After a goal was sent the form is empty for the next, but for the clinic; the patient is not in it."""
        answer = await typed(answering.door, clinic="MSK", confidence="7")
        values = answer.outline.values
        assert (values["clinic"], values["patient"], values["confidence"], values[TOKEN]) == ("MSK", None, None, None)

    async def test_a_new_goal_was_set_today(self, answering: Clinic) -> None:
        """Where no day is typed, a new goal was set today; of an older one the day says which is meant."""
        assert (await typed(answering.door, set_on="")).status == 200
        answer = await typed(answering.door, set_on="", status="achieved")
        assert answer.status == 422
        assert answer.says(WHICH_GOAL)

    @pytest.mark.parametrize(
        ("fields", "named", "cause"),
        [
            pytest.param({"confidence": "11"}, "confidence", goals.NOT_SURE, id="too sure"),
            pytest.param({"patient": ""}, "patient", goals.NOT_HERE, id="nobody"),
            pytest.param({"patient": "P\x001"}, "patient", "cannot be seen", id="a null character"),
            pytest.param({"patient": "P\u202e1"}, "patient", "cannot be seen", id="letters turned round"),
            pytest.param({"patient": '"><script>'}, None, "", id="HTML is an id like others"),
            pytest.param({"set_on": "2226-01-01"}, "set_on", goals.NOT_YET, id="a day to come"),
            pytest.param({"review_on": "2026-11-09"}, "review_on", goals.REVIEW_BEFORE, id="a review before"),
            pytest.param({"status": "done"}, "status", goals.NO_STATUS, id="another status"),
            pytest.param({"source": HILLSIDE}, "source", NOT_YOURS, id="another's system"),
        ],
    )
    async def test_a_wrong_field(
        self, answering: Clinic, fields: dict[str, str], named: str | None, cause: str
    ) -> None:
        """The page names the field, the cause and the cure, and has everything as it was typed, but for the token."""
        answer = await typed(answering.door, **{"clinic": "MSK", **fields})
        assert answer.status == (200 if named is None else 422)
        assert answer.says(cause)
        assert "<script" not in answer.text
        assert NEW not in answer.text
        if named is not None:
            assert {"href": f"#{named}"} in answer.outline.all("a")
            [invalid] = [one for one in answer.outline.all("input", "select") if "aria-invalid" in one]
            assert invalid["name"] == named
            assert answer.outline.values["clinic"] == "MSK"
            if named != "patient":
                assert answer.outline.values["patient"] == "P1"

    async def test_everything_that_is_wrong_is_told_at_once(self, answering: Clinic) -> None:
        """Nobody mends a form field by field, nor the source after the others."""
        answer = await typed(answering.door, BOTH, patient="", confidence="x", set_on="", status="achieved")
        wrong = {one["name"] for one in answer.outline.all("input", "select") if "aria-invalid" in one}
        assert wrong == {"patient", "confidence", "set_on", "source"}

    async def test_a_token_for_two_systems(self, clinic: Clinic, broker: EmbeddedKafka) -> None:
        """Only whoever's token speaks for several is asked for which; the choice stays for the next goal."""
        answer = await typed(clinic.door, BOTH)
        assert answer.status == 422
        assert answer.says(CHOOSE)
        assert [one["value"] for one in answer.outline.all("option")][-2:] == [HILLSIDE, RIVERSIDE]
        again = await typed(clinic.door, BOTH, source=HILLSIDE)
        assert again.status == 200
        assert f'<option value="{HILLSIDE}" selected>' in again.text
        assert as_read((await read_receipts(broker.url, 1, GOALS))[0]).source == HILLSIDE
        assert "select" not in [
            tag for tag, given in (await typed(clinic.door)).outline.tags if "source" in given.values()
        ]

    @pytest.mark.parametrize(
        "token", ["", "x", UNKNOWN, NEW[:-1], f"{NEW}\0", "é" * 40, "\ud800" * 40, NEW.upper()], ids=range(8)
    )
    async def test_no_token(self, answering: Clinic, token: str) -> None:
        """Without a token that is known nothing is sent, nothing is told of the fields, and nothing typed is lost."""
        form = "&".join(
            [f"{name}={value}" for name, value in (ROW | {"confidence": "99", "source": HILLSIDE}).items()]
        ).encode()
        quoted = "".join(f"%{byte:02X}" for byte in token.encode("utf-8", "replace")).encode()
        url, headers = f"{answering.door.url}/goals", {"Content-Type": FORM}
        async with answering.door.session.post(url, data=form + b"&token=" + quoted, headers=headers) as response:
            answer = Seen(response.status, await response.text(), response.headers)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert not answer.says(goals.NOT_SURE)
        values = answer.outline.values
        assert (values["patient"], values["confidence"], values["source"]) == ("P1", "99", HILLSIDE)
        assert values[TOKEN] is None

    async def test_a_token_that_was_copied_with_blanks(self, answering: Clinic) -> None:
        """Blanks round a token are no part of it."""
        assert (await typed(answering.door, f" {NEW}\n")).status == 200

    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            pytest.param(b"patient=%FF", FORM, 400, id="no UTF-8"),
            pytest.param(b"\xff", FORM, 400, id="bytes"),
            pytest.param(b"&".join(b"a=b" for _ in range(300)), FORM, 400, id="a form bomb"),
            pytest.param(b"patient=" + b"x" * 70_000, FORM, 413, id="too large"),
            pytest.param(b"", FORM, 401, id="nothing"),
            pytest.param(b"{}", "application/json", 415, id="JSON"),
            pytest.param(b"--x--", "multipart/form-data; boundary=x", 415, id="parts"),
        ],
    )
    async def test_bodies(self, answering: Clinic, body: bytes, kind: str, status: int) -> None:
        """What is no form is refused, and no traceback comes of it."""
        headers = {"Content-Type": kind}
        async with answering.door.session.post(f"{answering.door.url}/goals", data=body, headers=headers) as response:
            assert response.status == status

    async def test_a_doubled_field(self, answering: Clinic) -> None:
        """Two patients are none, and two tokens are none."""
        for doubled, status, told in (("patient", 422, TWICE), (TOKEN, 401, "none that is known")):
            form = [*(ROW | {TOKEN: NEW}).items(), (doubled, NEW if doubled == TOKEN else "P2")]
            async with answering.door.session.post(f"{answering.door.url}/goals", data=form) as response:
                assert (response.status, told in await response.text()) == (status, True)

    async def test_kafka_away(self, broker: EmbeddedKafka, open_to_clinics: Settings) -> None:
        """While Kafka is away nothing is said to be sent, nothing typed is lost, and it is taken when Kafka is back."""
        async with opened(open_to_clinics.model_copy(update={"gateway_kafka_seconds": 0.3})) as door:
            while (await typed(door)).status != 200:
                pass
            broker.pause()
            answer = await typed(door, set_on="", confidence="4")
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert answer.says("send it again in a few minutes")
            assert answer.outline.values["confidence"] == "4"
            assert answer.outline.values["set_on"]  # the day of the entry, should it be sent again after midnight
            broker.resume()
            while (await typed(door)).status != 200:
                pass

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.dictionaries(st.sampled_from(COLUMNS), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)))
    async def test_whatever_is_typed(self, answering: Clinic, fields: dict[str, str]) -> None:
        """It is taken or refused, on a page that runs nothing."""
        answer = await typed(answering.door, **fields)
        assert answer.status in {200, 422}
        assert len(answer.outline.all("form")) == 1
        assert answer.outline.all("script", "img", "link", "iframe") == []


class TestThePage:
    """How it looks, and what it may do."""

    async def test_looking_changes_nothing(self, answering: Clinic) -> None:
        """Whoever asks gets an empty form; no other method is there."""
        for method, status in (("GET", 200), ("HEAD", 200), ("PUT", 405), ("DELETE", 405)):
            async with answering.door.session.request(method, f"{answering.door.url}/goals") as response:
                assert response.status == status

    async def test_it_runs_and_loads_nothing(self, answering: Clinic) -> None:
        """No page has a script or anything from elsewhere, is kept, framed, indexed, or sets a cookie."""
        async with answering.door.session.get(f"{answering.door.url}/goals") as response:
            pages = [Seen(response.status, await response.text(), response.headers)]
        pages += [await typed(answering.door), await typed(answering.door, confidence="x")]
        for one in pages:
            assert one.outline.all("script", "img", "link", "iframe") == []
            assert not any(name.startswith("on") or name == "style" for _, a in one.outline.tags for name in a)
            assert one.outline.all("form") == [{"method": "post"}]
            policy = one.headers["Content-Security-Policy"]
            digest = base64.b64encode(hashlib.sha256(style(LOOK).encode()).digest()).decode()
            assert re.findall(r"<style>(.*?)</style>", one.text, re.DOTALL) == [style(LOOK)]
            for part in ("default-src 'none'", f"'sha256-{digest}'", "form-action 'self'", "frame-ancestors 'none'"):
                assert part in policy
            assert one.headers["Cache-Control"] == "no-store"
            assert one.headers["Referrer-Policy"] == "no-referrer"
            assert "Set-Cookie" not in one.headers

    def test_it_is_accessible(self) -> None:
        """Each field has a label and a hint that a screen reader reads with it; a fault is read too."""
        said = PageNotice("Not sent", faults=tuple(FieldFault(name, "is wrong") for name in LABELS))
        outline = Outline(page({}, said, [RIVERSIDE, HILLSIDE]))
        fields = {one["name"]: one for one in outline.all("input", "select")}
        assert set(fields) == set(LABELS) == {*COLUMNS, TOKEN}
        assert {one["for"] for one in outline.all("label")} == set(fields)
        ids = {one.get("id") for _, one in outline.tags}
        for name, one in fields.items():
            assert (one["aria-describedby"] or "").split() == [f"{name}-hint", f"{name}-fault"]
            assert {f"{name}-hint", f"{name}-fault"} <= ids
        assert outline.all("html") == [{"lang": "en"}]
        assert {"class": "told wrong", "role": "alert"} in outline.all("div")

    def test_the_token_is_for_the_browser_to_keep(self) -> None:
        """A browser may keep the token and is asked to keep nothing of a patient."""
        kept = {one["name"]: one["autocomplete"] for one in Outline(page({})).all("input", "select")}
        assert kept.pop(TOKEN) == "current-password"
        assert set(kept.values()) == {"off"}
        assert {one["type"] for one in Outline(page({})).all("input") if one["name"] == TOKEN} == {"password"}

    def test_every_status_can_be_chosen(self) -> None:
        """The statuses are those of goals."""
        assert set(STATUSES) == set(GoalStatus)
        chosen = Outline(page({"status": "replaced"})).values["chosen"]
        assert chosen == "replaced"


class TestAFile:
    """Many goals."""

    async def test_each_line_is_answered_for(self, clinic: Clinic, broker: EmbeddedKafka) -> None:
        """A wrong line refuses itself alone; the others lie in the topic, in their order."""
        text = 'patient,set_on,confidence,goal\nP1,2026-11-10,7,G1\nP2,10/11/2026,7,G2\n\n"P3,x\nP4,2026-11-10,,G4\n'
        answer = await sent(clinic, text)
        assert answer.status == 202
        assert (answer.said["accepted"], answer.said["refused"]) == (2, 2)
        told = [(one["line"], one["status"], one["reason"], one["subject"]) for one in answer.said["results"]]
        assert told == [
            (2, "accepted", None, "goal/G1"),
            (3, "refused", "invalid_data", None),
            (5, "refused", "invalid_data", None),
            (6, "accepted", None, "goal/G4"),
        ]
        assert answer.said["results"][1]["detail"] == f"set_on {goals.NOT_A_DAY}"
        read = [as_read(record).thing for record in await read_receipts(broker.url, 2, GOALS)]
        assert sorted(read) == [f"{RIVERSIDE}/goal/G1", f"{RIVERSIDE}/goal/G4"]

    async def test_a_goal_that_is_there_twice(self, clinic: Clinic, broker: EmbeddedKafka) -> None:
        """Of two lines about one goal the later counts."""
        await sent(clinic, "patient,set_on,status\nP1,2026-11-10,active\nP1,2026-11-10,achieved")
        first, last = map(as_read, await read_receipts(broker.url, 2, GOALS))
        assert first.thing == last.thing
        assert last.version.text > first.version.text

    async def test_sources(self, answering: Clinic) -> None:
        """A token for one source needs no column, and another's source is refused line by line; for several it does."""
        lines = f"patient,set_on,source\nP1,2026-11-10,{RIVERSIDE}/\nP1,2026-11-10,{HILLSIDE}\nP1,2026-11-10,\n"
        assert (await sent(answering, lines)).outcomes == ["accepted", "forbidden_source", "accepted"]
        assert (await sent(answering, lines, BOTH)).outcomes == ["accepted", "accepted", "invalid_data"]
        assert (await sent(answering, "patient,set_on\nP1,2026-11-10", BOTH)).said["title"] == "not_a_table"

    @pytest.mark.parametrize(
        ("text", "kind", "token", "status", "title"),
        [
            pytest.param("patient,set_on\nP1,2026-11-10", "text/csv; charset=UTF-8; header=present", NEW, 202, None),
            pytest.param("patient,set_on\n", "text/csv", NEW, 202, None, id="a header alone"),
            pytest.param("", "text/csv", NEW, 400, "not_a_table", id="nothing"),
            pytest.param("Ada,07700 900001", "text/csv", NEW, 400, "not_a_table", id="no header"),
            pytest.param(b"patient,set_on\nP\xe9,2026-11-10", "text/csv", NEW, 400, "not_a_table", id="latin"),
            pytest.param("patient\0,set_on", "text/csv", NEW, 400, "not_a_table", id="a null character"),
            pytest.param("patient,set_on", "text/csv; charset=latin-1", NEW, 415, "not_goals", id="says latin"),
            pytest.param("patient,set_on", "text/plain", NEW, 415, "not_goals", id="plain text"),
            pytest.param("patient,set_on", None, NEW, 415, "not_goals", id="no type"),
            pytest.param("patient,set_on", "text/csv", None, 401, "no_token", id="no token"),
            pytest.param("patient,set_on", "text/csv", UNKNOWN, 401, "no_token", id="a token that is none"),
            pytest.param("a\n" * (MOST_EVENTS + 2), "text/csv", NEW, 413, "too_many_events", id="too many"),
            pytest.param("x" * (MAX_BYTES + 1), "text/csv", NEW, 413, "too_large", id="too large"),
        ],
    )
    async def test_whole_files(
        self, answering: Clinic, text: str | bytes, kind: str | None, token: str | None, status: int, title: str | None
    ) -> None:
        """What cannot be read as a file of goals is refused whole, with the cause and the cure, and quoted nowhere."""
        answer = await sent(answering, text, token, kind)
        assert answer.status == status
        if title is not None:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert (answer.said["title"], answer.said["status"]) == (title, status)
            assert len(answer.said["detail"]) > 20
            assert "Ada" not in answer.said["detail"]

    async def test_as_many_as_may_be(self, answering: Clinic) -> None:
        """As many goals as a request may hold are taken, whatever empty lines a spreadsheet leaves."""
        rows = "\r\n".join(f"P{n},2026-11-10" for n in range(MOST_EVENTS))
        answer = await sent(answering, f"patient,set_on\r\n{rows}\r\n,,\r\n\r\n")
        assert (answer.status, answer.said["accepted"]) == (202, MOST_EVENTS)

    async def test_kafka_away(self, broker: EmbeddedKafka, open_to_clinics: Settings) -> None:
        """While Kafka is away each line says so, and a wrong one stays wrong."""
        async with opened(open_to_clinics.model_copy(update={"gateway_kafka_seconds": 0.3})) as door:
            while (await typed(door)).status != 200:
                pass
            broker.pause()
            answer = await sent(Clinic(door), "patient,set_on\nP1,2026-11-10\nP2,x")
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert answer.outcomes == ["kafka_away", "invalid_data"]
            broker.resume()

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(
        st.binary(max_size=80) | st.text(max_size=80).map(lambda t: f"patient,set_on\n{t}".encode("utf-8", "replace"))
    )
    async def test_any_body_is_answered(self, answering: Clinic, body: bytes) -> None:
        """Whatever is sent, no answer is a fault of ours."""
        assert (await sent(answering, body)).status in {202, 400}


async def test_nothing_personal_is_shown(open_to_clinics: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a token nor anything of a patient is in a log of any level, in a metric, or in what a file is told."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "cocreate")
    port = free_port()
    async with opened(open_to_clinics.model_copy(update={"health_port": port})) as door:
        await typed(door, patient="Zebedee")
        await typed(door, patient="Zebedee", confidence="Zebedee")
        await typed(door, UNKNOWN, patient="Zebedee")
        told = (await sent(Clinic(door), "patient,set_on\nZebedee,Zebedee\nZebedee,2026-11-10")).said
        async with door.session.get(f"http://127.0.0.1:{port}/metrics") as response:
            metrics = await response.text()
    assert 'cocreate_gateway_requests_total{outcome="not_a_goal",route="/goals"}' in metrics
    assert 'cocreate_gateway_events_total{outcome="invalid_data",token="riverside-new"}' in metrics
    shown: Any = metrics + caplog.text + json.dumps(told)
    for secret in ("Zebedee", NEW, UNKNOWN):
        assert secret not in shown
    assert "bore no token of COCREATE_EVENT_TOKENS" in caplog.text
