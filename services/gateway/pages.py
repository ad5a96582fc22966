"""The pages that a link in an e-mail leads to: in English and Welsh at once, for a link tells nobody's language."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from types import MappingProxyType

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "appointments": ("messages about appointments", "o negeseuon am apwyntiadau"),
        "goals": ("messages about your goals", "o negeseuon am eich nodau"),
        "groups": ("messages about groups", "o negeseuon am grwpiau"),
        "all": ("messages of any kind", "o negeseuon o unrhyw fath"),
    }
)
"""What a category is called: after "We will send no more" and "Ni fyddwn yn anfon rhagor"."""

THESE = ("of these messages", "o'r negeseuon hyn")

NEWS = frozenset({"appointments", "all"})
"""Categories in which news of a changed appointment comes: whoever stops them is told what that means."""

NO_NEWS = (
    [
        "You will get no texts in their place.",
        "If an appointment is moved or cancelled, we may not be able to tell you.",
    ],
    [
        "Ni chewch negeseuon testun yn eu lle.",
        "Os caiff apwyntiad ei symud neu ei ganslo, efallai na fyddwn yn gallu dweud wrthych.",
    ],
)
"""An address that is stopped ends the search for one: whoever stops e-mail has not asked for texts instead."""

STYLE = """
:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 1rem; }
main { max-width: 34rem; margin: 0 auto; overflow-wrap: break-word; }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0.75rem 0 0.5rem; }
p { margin: 0 0 0.75rem; }
section + section { margin-top: 1.5rem; padding-top: 0.5rem; border-top: 1px solid GrayText; }
button { display: block; width: 100%; min-height: 3rem; margin: 1.5rem 0; padding: 0.75rem 1rem; font: inherit;
    font-weight: 600; color: #fff; background: #005eb8; border: 2px solid #fff; border-radius: 0.5rem;
    cursor: pointer; }
button span { display: block; }
button:focus-visible { outline: 4px solid #ffb81c; outline-offset: 2px; }
"""


def headers_of(style: str) -> Mapping[str, str]:
    """The headers of a page that runs nothing, loads nothing, and looks as this style says and no other."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return MappingProxyType(
        {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",  # the address may be a key: it must not be told to anybody else
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex, nofollow",
        }
    )


HEADERS = headers_of(STYLE)
"""Of every answer that says something."""

# It posts what mail clients post. Without an action it goes to the page's own address, whatever proxy stands before us.
BUTTON = """
<form method="post"><button name="List-Unsubscribe" value="One-Click"><span>Stop these messages</span>
<span lang="cy">Stopio'r negeseuon hyn</span></button></form>"""


def ask(category: str) -> str:
    """The page that asks, with one button. Looking at it changes nothing: link scanners look at every link."""
    english, welsh = WORDS.get(category, THESE)
    in_english, in_welsh = NO_NEWS if category in NEWS else ([], [])
    return _page(
        ("Do you want to stop these messages?", "Ydych chi am stopio'r negeseuon hyn?"),
        [
            f"We will send no more {english} to this e-mail address.",
            *in_english,
            "Your care stays the same.",
        ],
        [
            f"Ni fyddwn yn anfon rhagor {welsh} i'r cyfeiriad e-bost hwn.",
            *in_welsh,
            "Bydd eich gofal yn aros yr un fath.",
        ],
        BUTTON,
    )


def done(category: str) -> str:
    """The page that confirms."""
    english, welsh = WORDS.get(category, THESE)
    in_english, in_welsh = NO_NEWS if category in NEWS else ([], [])
    return _page(
        ("We have stopped these messages", "Rydym wedi stopio'r negeseuon hyn"),
        [
            f"We will send no more {english} to this e-mail address.",
            "One that is on its way may still arrive.",
            *in_english,
            "Your care stays the same.",
            "Was this a mistake? Call the number in the message.",
        ],
        [
            f"Ni fyddwn yn anfon rhagor {welsh} i'r cyfeiriad e-bost hwn.",
            "Efallai y bydd un sydd ar ei ffordd yn cyrraedd o hyd.",
            *in_welsh,
            "Bydd eich gofal yn aros yr un fath.",
            "Ai camgymeriad oedd hyn? Ffoniwch y rhif yn y neges.",
        ],
    )


def _page(headings: tuple[str, str], english: list[str], welsh: list[str], more: str = "") -> str:
    title = " · ".join(headings)
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
{_section("en", headings[0], english)}
{_section("cy", headings[1], welsh)}{more}
</main>
</body>
</html>
"""


def _section(language: str, heading: str, sentences: list[str]) -> str:
    said = "\n".join(f"<p>{escape(sentence, quote=False)}</p>" for sentence in sentences)
    return f'<section lang="{language}">\n<h1>{escape(heading, quote=False)}</h1>\n{said}\n</section>'


BROKEN = _page(
    ("This link does not work", "Nid yw'r ddolen hon yn gweithio"),
    ["Part of it may be missing. Open it from the message again, or call the number in the message."],
    ["Efallai fod rhan ohoni ar goll. Agorwch hi eto o'r neges, neu ffoniwch y rhif yn y neges."],
)
"""What whoever brings a token that is none sees, whatever is wrong with it."""

LATER = _page(
    ("That did not work", "Wnaeth hynny ddim gweithio"),
    ["The fault is ours. Please try again in a few minutes, or call the number in the message."],
    ["Ni sydd ar fai. Rhowch gynnig arall arni ymhen ychydig funudau, neu ffoniwch y rhif yn y neges."],
    BUTTON,
)
"""What whoever pressed the button sees while nothing can be kept."""
