"""The ledger: all texts and mails that the sandbox accepted, in memory and on disk; it finds those sent twice."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from services.sandbox.entries import Kind, ReceivedMail, RefusedText, SandboxText, Status


class Holder(NamedTuple):
    """A phone (`sms`) or a mailbox (`email`) that holds entries."""

    kind: Kind
    address: str


class Counts(NamedTuple):
    """The numbers of entries in the ledger; `twice` counts those that repeat an earlier one."""

    phones: int
    mailboxes: int
    texts: int
    mails: int
    undelivered: int
    twice: int


class _Move(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["status"] = "status"
    sid: str
    status: Status
    at: AwareDatetime
    error_code: int | None = None


_AnyLine = SandboxText | ReceivedMail | RefusedText | _Move
_Line: TypeAdapter[_AnyLine] = TypeAdapter(Annotated[_AnyLine, Field(discriminator="kind")])


class Ledger:
    """An append-only log: one JSON line for each accepted entry, each change of a text's status, and each refused text.

    A line is handed to the operating system before the call returns: it survives the death of the process, not of the
    machine. The file is read at the start; an incomplete last line is dropped. `path=None` keeps all in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Read the file's entries, and append after them."""
        self.revision = 0
        self._entries: dict[str, SandboxText | ReceivedMail] = {}
        self._texts: dict[str, SandboxText] = {}
        self._held: OrderedDict[Holder, tuple[int, list[str]]] = OrderedDict()  # least recently changed first
        self._firsts: dict[tuple[str, ...], str] = {}
        self._doubles: dict[str, str] = {}  # SID of the later → SID of the first
        self._undelivered = 0
        self._refused: dict[str, list[RefusedText]] = {}  # by phone
        self._opted_out: dict[tuple[str, str], bool] = {}  # (phone, our number) → whether the last word was STOP
        self._file: IO[bytes] | None = None
        self._changed = asyncio.Event()
        if path is not None:
            self._file = self._open(path)

    def accept(self, entry: SandboxText | ReceivedMail) -> None:
        """Add an accepted text or mail."""
        self._write(entry)
        self._apply(entry)

    def refuse(self, refused: RefusedText) -> None:
        """Add a refused text; it does not count as an entry, for it never reached its phone."""
        self._write(refused)
        self._apply(refused)

    def move(self, sid: str, status: Status, at: datetime, error_code: int | None = None) -> SandboxText:
        """Add a text's new status, and return the text with it."""
        moved = _Move(sid=sid, status=status, at=at, error_code=error_code)
        self._write(moved)
        self._apply(moved)
        return self._texts[sid]

    @property
    def entries(self) -> list[SandboxText | ReceivedMail]:
        """Every entry, oldest first."""
        return list(self._entries.values())

    @property
    def texts(self) -> list[SandboxText]:
        """Every text, oldest first."""
        return list(self._texts.values())

    @property
    def mails(self) -> list[ReceivedMail]:
        """Every mail, oldest first."""
        return [entry for entry in self._entries.values() if isinstance(entry, ReceivedMail)]

    def text(self, sid: str) -> SandboxText | None:
        """The text with this SID; None where there is none."""
        return self._texts.get(sid)

    def held_by(self, holder: Holder) -> list[SandboxText | ReceivedMail]:
        """The entries of this phone or mailbox, oldest first."""
        _, sids = self._held.get(holder, (0, ()))
        return [self._entries[sid] for sid in sids]

    def refused(self, phone: str) -> list[RefusedText]:
        """The refused texts to this phone, oldest first."""
        return self._refused.get(phone, [])

    def opted_out(self, phone: str, ours: str) -> bool | None:
        """Whether this phone has opted out of our number's texts; None: it never sent STOP or START."""
        return self._opted_out.get((phone, ours))

    def holders(self, after: int = 0) -> Iterator[Holder]:
        """Phones and mailboxes that changed after this revision, the last changed first."""
        for holder in reversed(self._held):
            if self._held[holder][0] <= after:
                return
            yield holder

    def doubles(self) -> list[tuple[SandboxText | ReceivedMail, SandboxText | ReceivedMail]]:
        """The messages sent twice: a pair (first entry, later entry) for each accepted repetition.

        Texts are compared by the client's id in their callback URL, mails by Message-ID and mailbox. Entries
        without an id are never counted.
        """
        return [(self._entries[first], self._entries[later]) for later, first in self._doubles.items()]

    def is_double(self, entry: SandboxText | ReceivedMail) -> bool:
        """Whether the entry repeats the message of an earlier entry."""
        return entry.sid in self._doubles

    def counts(self) -> Counts:
        """The numbers of phones, mailboxes, texts, mails and repetitions."""
        kinds = Counter(holder.kind for holder in self._held)
        return Counts(
            phones=kinds["sms"],
            mailboxes=kinds["email"],
            texts=len(self._texts),
            mails=len(self._entries) - len(self._texts),
            undelivered=self._undelivered,
            twice=len(self._doubles),
        )

    async def changed(self, after: int) -> int:
        """Wait until the revision differs from `after`; return it."""
        while self.revision == after:
            await self._changed.wait()
        return self.revision

    def close(self) -> None:
        """Close the file; the entries can still be read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, path: Path) -> IO[bytes]:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
        file.seek(0)
        whole = 0
        for line in file:
            if not line.endswith(b"\n"):
                break
            self._apply(_Line.validate_json(line))
            whole += len(line)
        file.truncate(whole)
        return file

    def _write(self, line: _AnyLine) -> None:
        if self._file is not None:
            self._file.write(line.model_dump_json(by_alias=True).encode() + b"\n")
            self._file.flush()

    def _apply(self, line: _AnyLine) -> None:
        self.revision += 1
        if isinstance(line, RefusedText):
            self._refused.setdefault(line.to, []).append(line)
            self._touch(Holder("sms", line.to))
            return
        entry = self._moved(line) if isinstance(line, _Move) else line
        self._entries[entry.sid] = entry
        if isinstance(entry, SandboxText):
            self._texts[entry.sid] = entry
            holder = Holder("sms", entry.patient)
        else:
            holder = Holder("email", entry.to)
        sids = self._touch(holder)
        if isinstance(line, _Move):
            self._undelivered += line.status is Status.UNDELIVERED
        else:
            sids.append(line.sid)
            self._compare(line)
        if isinstance(line, SandboxText) and line.opt_out in {"STOP", "START"}:
            self._opted_out[line.sender, line.to] = line.opt_out == "STOP"

    def _touch(self, holder: Holder) -> list[str]:
        """Mark a phone or mailbox as changed; gives the list of its entries' SIDs, to append to."""
        _, sids = self._held.get(holder, (0, []))
        self._held[holder] = (self.revision, sids)
        self._held.move_to_end(holder)
        self._changed.set()
        self._changed = asyncio.Event()
        return sids

    def _compare(self, entry: SandboxText | ReceivedMail) -> None:
        if entry.message_id is None:
            return
        key = (entry.kind, entry.message_id, entry.to if isinstance(entry, ReceivedMail) else "")
        first = self._firsts.setdefault(key, entry.sid)
        if first != entry.sid:
            self._doubles[entry.sid] = first

    def _moved(self, move: _Move) -> SandboxText:
        text = self._texts[move.sid]
        sent_at = text.sent_at or move.at
        changes = {"status": move.status, "updated_at": move.at, "sent_at": sent_at, "error_code": move.error_code}
        return text.model_copy(update=changes)
