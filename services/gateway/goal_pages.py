"""The page on which a clinic types one goal: a form of one line, and what became of it. For staff, in English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from services.gateway.pages import headers_of
from shared.clinic.goal import GoalStatus
from shared.formats.csv.goals import LONGEST, MOST_CONFIDENT
from shared.formats.csv.tables import FieldFault

TOKEN = "token"  # noqa: S105 - the name of a field

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "patient": "Patient id",
        "set_on": "Set on",
        "review_on": "Ask on",
        "confidence": "Confidence",
        "clinic": "Clinic code",
        "status": "Status",
        "goal": "Goal id",
        "source": "System",
        TOKEN: "Token",
    }
)
"""What each field is called, in the order of the page."""

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "patient": "as in appointments",
        "set_on": "empty: today",
        "review_on": "empty: in 14 days, or 7",
        "confidence": "0 to 10, if asked",
        "clinic": "if there are several",
        "status": "as it is now",
        "goal": "if your system has one",
        "source": "whose ids these are",
        TOKEN: "your clinic's; your browser may keep it",
    }
)

STATUSES: Mapping[GoalStatus, str] = MappingProxyType(
    {
        GoalStatus.ACTIVE: "Active",
        GoalStatus.ACHIEVED: "Achieved",
        GoalStatus.ABANDONED: "Given up",
        GoalStatus.REPLACED: "Replaced by another",
        GoalStatus.ON_HOLD: "On hold",
        GoalStatus.ENTERED_IN_ERROR: "Entered by mistake",
    }
)

KEPT_FOR_THE_NEXT = ("clinic", "source")
"""What stands in the form again after a goal was sent: whoever types several types these once."""

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.4 system-ui, sans-serif; --red: #b00020; --green: #006747;
    --blue: #005eb8; }
@media (prefers-color-scheme: dark) { :root { --red: #ff8f9c; --green: #7fd6b4; } }
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; padding: 1rem; }
main { max-width: 78rem; margin: 0 auto; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.125rem; margin: 0 0 0.25rem; }
p { margin: 0 0 0.75rem; max-width: 44rem; }
.told { border: 1px solid; border-left-width: 0.5rem; padding: 0.75rem 1rem; margin: 1rem 0; }
.told p:last-child, .told ul { margin: 0; }
.told ul { padding-left: 1.25rem; }
.sent { border-color: var(--green); }
.wrong { border-color: var(--red); }
.wrong a, .fault { color: var(--red); }
.fault { display: block; font-weight: 600; }
.line { display: grid; gap: 0.75rem; grid-template-columns: minmax(0, 1fr); margin: 0 0 0.75rem; }
.field { display: flex; flex-direction: column; min-width: 0; }
label { font-weight: 600; }
.hint { font-size: 0.875rem; opacity: 0.8; margin-bottom: 0.25rem; }
input, select { width: 100%; min-height: 2.75rem; padding: 0.25rem 0.5rem; font: inherit; color: FieldText;
    background: Field; border: 2px solid GrayText; border-radius: 0.25rem; }
[aria-invalid] { border-color: var(--red); }
button { min-height: 2.75rem; width: 100%; padding: 0.25rem 1.5rem; font: inherit; font-weight: 600; color: #fff;
    background: var(--blue); border: 2px solid #fff; border-radius: 0.25rem; cursor: pointer; }
:focus-visible { outline: 4px solid #ffb81c; outline-offset: 1px; }
@media (min-width: 36rem) { .line { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 64rem) {
    .entry { grid-template-columns: 3fr 2.6fr 2.8fr 2.6fr 2.4fr 2.6fr 2.6fr; align-items: start; }
    .who { grid-template-columns: repeat(auto-fit, minmax(0, 22rem)); align-items: start; }
    .who button { margin-top: 2.875rem; max-width: 12rem; }
}
"""

HEADERS = headers_of(STYLE)
"""Of every answer that is a page."""


@dataclass(frozen=True, slots=True)
class PageNotice:
    """What the page says above the form.

    Attributes:
        heading: what became of the goal.
        sentences: what that means, or what to do.
        faults: what is wrong, field by field.

    """

    heading: str
    sentences: tuple[str, ...] = ()
    faults: tuple[FieldFault, ...] = ()
    well: bool = False


def page(typed: Mapping[str, str], said: PageNotice | None = None, sources: Sequence[str] = ()) -> str:
    """The form with what was typed, and what is to be said of it. The token is never written into it.

    Args:
        typed: values by field.
        said: what became of what was sent; None where nothing was.
        sources: between which to choose; with one or none, nobody is asked.

    """
    faults = {} if said is None else {fault.column: fault.cause for fault in said.faults if fault.column}
    entry = [
        _input("patient", typed, faults, 'required autocapitalize="off" spellcheck="false"'),
        _input("set_on", typed, faults, 'type="date"'),
        _input("review_on", typed, faults, 'type="date"'),
        _input("confidence", typed, faults, f'type="number" inputmode="numeric" min="0" max="{MOST_CONFIDENT}"'),
        _input("clinic", typed, faults, 'autocapitalize="off" spellcheck="false"'),
        _select("status", typed, faults, [(status.value, words) for status, words in STATUSES.items()]),
        _input("goal", typed, faults, 'autocapitalize="off" spellcheck="false"'),
    ]
    who = [_input(TOKEN, {}, faults, 'type="password" required', autocomplete="current-password")]
    hidden = ""
    if len(sources) > 1 or "source" in faults:
        choices = [("", "Choose one"), *((source, source) for source in sources)]
        who.insert(0, _select("source", typed, faults, choices))
    elif not sources and typed.get("source"):  # whose token it is isn't known yet: the choice is kept till then
        hidden = f'<input type="hidden" name="source" value="{escape(_shown(typed["source"]))}">\n'
    title = "A patient's goal" if said is None else said.heading
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>A patient's goal</h1>
<p>One goal at a time: that it was set, or what became of it. What the goal is stays with you.
The same patient and day again is the same goal, as it is now.</p>
{"" if said is None else _told(said)}
<form method="post">
{hidden}<div class="line entry">
{"".join(entry)}</div>
<div class="line who">
{"".join(who)}<button>Send</button>
</div>
</form>
</main>
</body>
</html>
"""


def _told(said: PageNotice) -> str:
    sentences = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in said.sentences)
    faults = "".join(
        f'<li><a href="#{fault.column}">{escape(LABELS[fault.column])}</a> {escape(fault.cause)}</li>\n'
        if fault.column
        else f"<li>{escape(fault.cause)}</li>\n"
        for fault in said.faults
    )
    listed = f"<ul>\n{faults}</ul>\n" if faults else ""
    kind, role = ("sent", "status") if said.well else ("wrong", "alert")
    return f'<div class="told {kind}" role="{role}">\n<h2>{escape(said.heading)}</h2>\n{sentences}{listed}</div>'


def _input(
    name: str, typed: Mapping[str, str], faults: Mapping[str, str], attributes: str, autocomplete: str = "off"
) -> str:
    """A field. What is typed of a patient the browser is asked not to keep."""
    value = _shown(typed.get(name, ""))
    given = f' value="{escape(value)}"' if value else ""
    longest = f' maxlength="{LONGEST[name]}"' if name in LONGEST else ""
    return _field(name, faults, "input", f'{attributes} autocomplete="{autocomplete}"{longest}{given}')


def _select(name: str, typed: Mapping[str, str], faults: Mapping[str, str], choices: Sequence[tuple[str, str]]) -> str:
    chosen = typed.get(name, "").strip()
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(words)}</option>'
        for value, words in choices
    )
    return _field(name, faults, "select", 'autocomplete="off"', f"{options}</select>")


def _field(name: str, faults: Mapping[str, str], element: str, attributes: str, inner: str = "") -> str:
    cause = faults.get(name)
    described = f"{name}-hint" + ("" if cause is None else f" {name}-fault")
    invalid = "" if cause is None else ' aria-invalid="true"'
    if cause is not None:
        inner += f'<span class="fault" id="{name}-fault">{escape(cause)}</span>'
    return (
        f'<div class="field"><label for="{name}">{escape(LABELS[name])}</label>'
        f'<span class="hint" id="{name}-hint">{escape(HINTS[name])}</span>'
        f'<{element} id="{name}" name="{name}" aria-describedby="{described}"{invalid} {attributes}>{inner}</div>\n'
    )


def _shown(value: str) -> str:
    """What was typed, without what no page can show or what would turn its text round, and no longer than it may be."""
    return "".join(letter for letter in value if letter.isprintable())[: max(LONGEST.values())]
