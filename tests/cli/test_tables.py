"""Tables of the command: legible in 80 columns, with nothing broken that a person copies."""

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from services.cli.commands import attendance, courses, dead, log, registry
from services.cli.tables import Column, Fit, Listing, coloured, lay_out, shortened, show
from services.cli.words import reading
from shared.words.samples import PLACES

RIVERSIDE = "https://riverside.example.org"
UNMAPPED = (
    f"waits: its clinic has no approved public name (see `cocreate places unmapped`) ({RIVERSIDE}#Nephrology F/Up)"
)
ONE = str(UUID(int=0x0B5CBB3C_1F2E_4D3C_9B1A_1234567890AB))

MESSAGES = Listing(
    title="Messages at Sun 22 Nov 2026 08:13 UTC",
    columns=log.COLUMNS,
    rows=[
        ("Sun 22 Nov 08:13", "short_notice", f"{RIVERSIDE}/appointment/1001", "scheduled", UNMAPPED, ""),
        ("Mon 23 Nov 10:02", "session.encourage (email)", f"{RIVERSIDE}/enrolment/e-7", "delivered", "was told", "2"),
        (
            "Mon 23 Nov 11:40",
            "agenda (sms)",
            f"{RIVERSIDE}/appointment/1002\n{RIVERSIDE}/appointment/1003",
            coloured("sent", "green"),
            "the provider has it",
            "3",
        ),
    ],
)
LISTINGS = [
    MESSAGES,
    Listing(
        title="Tasks at Sun 22 Nov 2026 08:13 UTC",
        columns=(
            Column("id"),
            Column("due"),
            Column("about", Fit.THING),
            Column("what", Fit.PROSE),
            Column("why", Fit.PROSE),
        ),
        rows=[
            (
                "0b5cbb3c",
                coloured("Mon 16 Nov 08:00, overdue", "red"),
                f"{RIVERSIDE}/appointment/1001",
                "find a new time: the patient asked for one; until you move it, the appointment stays booked",
                "the patient needs a format that cannot be sent (braille)",
            ),
        ],
    ),
    Listing(
        title="Dead letters",
        columns=dead.COLUMNS,
        rows=[
            (
                "clinic.appointments/0/34",
                "2026-11-04T09:00:00",
                f"{RIVERSIDE}/appointment/1045",
                "the data does not fit the event type (patient: Field required; start: Input should be a valid date)",
            ),
            ("messaging.inbound/11/204518", "2026-11-04T09:01:00", "", "the value is not JSON"),
        ],
    ),
    Listing(
        title="Courses",
        columns=courses.COLUMNS,
        rows=[
            (f"{RIVERSIDE}/course/pain-2026", "planned", "6", "Mon 07 Dec 2026 10:00", "The Old Library", "12", "0"),
            (f"{RIVERSIDE}/course/sleep", "cancelled", "0", "", "not in the registry", "0", "0"),
        ],
    ),
    Listing(
        title="Reunions at Sun 22 Nov 2026 08:13 UTC",
        columns=attendance.REUNIONS,
        rows=[
            (
                f"{RIVERSIDE}/reunion/spring",
                "Tue 19 Jan 2027 18:00, cancelled",
                f"{RIVERSIDE}#MSK: not in the registry (see `cocreate places import`)",
                *("8", "3", "1", "12", "4"),
                "Tue 12 Jan 18:00",
            ),
        ],
    ),
    Listing(
        title="Unmapped clinics",
        columns=registry.UNMAPPED,
        rows=[(RIVERSIDE, "Nephrology Haemodialysis F/Up", "112", "Fri 11 Dec 11:13 UTC")],
    ),
    registry.table_of(list(PLACES.known.values())),
    Listing(
        title="Words",
        columns=reading.COLUMNS,
        rows=[
            (
                "followup/missed.not_needed",
                "patient, carer",
                "en, cy, both",
                "text en: version 3 by m.jones\ne-mail cy, carer, GLANMOR: version 12 by m.jones",
                "text en: what is shipped has changed (version 4)",
            ),
            ("prompts/agenda", "patient, carer", "en, cy", "as shipped", ""),
        ],
    ),
]


def shown(listing: Listing, width: int = 80, *, terminal: bool = True) -> list[str]:
    """What is printed, line by line."""
    console = Console(width=width, file=StringIO(), force_terminal=terminal, color_system=None)
    show(listing, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def plain(listing: Listing) -> list[list[str]]:
    """Each row's cells as text."""
    return [[str(cell) for cell in row] for row in listing.rows]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.title.split(" at ")[0])
def test_80_columns_are_enough(listing: Listing) -> None:
    """No line is longer than the terminal is wide, and every column that is used has its name somewhere."""
    lines = shown(listing)
    assert max(map(len, lines)) <= 80
    used = {c.name for n, c in enumerate(listing.columns) if any(row[n] for row in plain(listing))}
    assert [word for name in used for word in name.split() if word not in " ".join(lines)] == []


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.title.split(" at ")[0])
def test_what_is_copied_is_never_broken(listing: Listing) -> None:
    """Kind and id of a thing, an instant, a state, an id and a count stand whole on one line."""
    lines = shown(listing)
    for row in plain(listing):
        for column, cell in zip(listing.columns, row, strict=True):
            if column.fit is Fit.THING:
                wanted = ["/".join(name.rsplit("/", 2)[1:]) for name in cell.split("\n")]
            else:
                wanted = [] if column.fit is Fit.PROSE else [cell]
            assert [one for one in wanted if not any(one in line for line in lines)] == []


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.title.split(" at ")[0])
def test_no_prose_is_squeezed(listing: Listing) -> None:
    """A sentence has five words a line, or all of its own, or stands beneath its row at full width."""
    layout = lay_out(listing, 80)
    for number, width in zip(layout.across, layout.widths, strict=True):
        if listing.columns[number].fit is Fit.PROSE:
            widest = max(len(line) for row in plain(listing) for line in row[number].split("\n"))
            assert width >= min(28, widest)


def test_a_message_in_80_columns() -> None:
    """A row stands on one line; the reason, too long for what is left, beneath it with its name."""
    assert shown(replace(MESSAGES, rows=MESSAGES.rows[:1])) == [
        "Messages at Sun 22 Nov 2026 08:13 UTC",
        "when              what          about                        state",
        "──────────────────────────────────────────────────────────────────────",
        "Sun 22 Nov 08:13  short_notice  riverside…/appointment/1001  scheduled",
        "    why: waits: its clinic has no approved public name (see `cocreate places",
        "    unmapped`) (https://riverside.example.org#Nephrology F/Up)",
    ]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.title.split(" at ")[0])
def test_a_wide_terminal_shows_everything_in_its_place(listing: Listing) -> None:
    """Where there is room nothing is shortened and nothing stands beneath a row."""
    layout = lay_out(listing, 500)
    assert (layout.length, layout.beneath) == (0, ())


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.title.split(" at ")[0])
def test_a_pipe_gets_whole_values(listing: Listing) -> None:
    """Without a terminal a row is a line, or one for each thing, every value whole, however wide that is."""
    lines = shown(listing, terminal=False)
    for row in plain(listing):
        assert [part for cell in row for part in cell.split("\n") if not any(part in line for line in lines)] == []
    assert len(lines) == 3 + sum(max(cell.count("\n") + 1 for cell in row) for row in plain(listing))
    assert shown(listing, 20, terminal=False) == lines


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        pytest.param(
            f"{RIVERSIDE}/appointment/1001",
            ("riverside.example.org/appointment/1001", "riverside…/appointment/1001", "…/appointment/1001"),
            id="a thing",
        ),
        pytest.param(
            f"https://fhir.trust.example.org/r4/Appointment/{ONE}",
            (f"fhir.trust.example.org/r4/Appointment/{ONE}", f"fhir…/Appointment/{ONE}", f"…/Appointment/{ONE}"),
            id="a source with a path",
        ),
        pytest.param(
            "urn:riverside/goal/g1", ("urn:riverside/goal/g1", "urn:riverside/goal/g1", "…/goal/g1"), id="a URN"
        ),
        pytest.param(RIVERSIDE, ("riverside.example.org",) * 3, id="a source"),
        pytest.param("", ("",) * 3, id="nothing"),
    ],
)
def test_names_are_shortened_from_the_left(name: str, forms: Sequence[str]) -> None:
    """The kind and the id stay; the source loses its scheme, then its domain, then itself."""
    assert [shortened(name, length) for length in range(4)] == [name, *forms]


def test_names_that_differ_stay_different() -> None:
    """Two hospitals' appointments with one number keep as much of their sources as tells them apart."""
    same = [(f"https://{host}.example.org/appointment/1001", "x" * 9) for host in ("riverside", "glanmor")]
    listing = Listing(title="Things", columns=(Column("about", Fit.THING), Column("state")), rows=same)
    assert shown(listing, 40)[3:] == [
        "riverside…/appointment/1001  xxxxxxxxx",
        "glanmor…/appointment/1001    xxxxxxxxx",
    ]
    assert not any("  …/" in line or line.startswith("…/") for line in shown(listing, 20))


def test_a_column_in_which_nothing_stands_is_left_out() -> None:
    """On a terminal it would take room from the others; in a pipe every row has every column."""
    listing = Listing(title="T", columns=(Column("id"), Column("site"), Column("state")), rows=[("1", "", "open")])
    assert shown(listing)[1].split() == ["id", "state"]
    assert shown(listing, terminal=False)[1].split() == ["id", "site", "state"]


def test_a_total_stands_beneath_its_numbers() -> None:
    """Numbers are at the right, and so is their sum, under a rule."""
    columns = (Column("kind"), Column("sent", Fit.NUMBER))
    assert shown(Listing(title="T", columns=columns, rows=[("agenda", "7"), ("card", "14")], total=("all", "21"))) == [
        "T", "kind    sent", "────────────", "agenda     7", "card      14", "────────────", "all       21",
    ]  # fmt: skip


cells = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=60)


@given(
    st.lists(st.sampled_from(Fit), min_size=1, max_size=6).flatmap(
        lambda fits: st.tuples(st.just(fits), st.lists(st.tuples(*[cells] * len(fits)), min_size=1, max_size=4))
    ),
    st.integers(10, 200),
)
def test_any_table_fits_or_only_its_first_column_does_not(
    made: tuple[Sequence[Fit], Sequence[Sequence[str]]], width: int
) -> None:
    """Whatever the cells hold, columns side by side fit the terminal, but for one that stands alone."""
    fits, rows = made
    listing = Listing(title="T", columns=[Column(f"column {n}", fit) for n, fit in enumerate(fits)], rows=rows)
    layout = lay_out(listing, width)
    assert len(layout.across) == 1 or sum(layout.widths) + 2 * (len(layout.across) - 1) <= width
    assert layout.across[0] == 0
    shown(listing, width)
