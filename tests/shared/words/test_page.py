"""An e-mail's page says what its text says, and nothing of a text becomes markup."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words.page import as_html
from shared.words.wording import Language

EN, CY = Language.ENGLISH, Language.WELSH

MAIL = """Dear Ada,

When: Tuesday 1 December at 2.30pm
Where: Riverside Health Centre, 1 River Street

Can't come? Please call 01632 960983.

Riverside Hospital"""


class Page(HTMLParser):
    """What a mailbox makes of a page: its elements, its links, and the words that are seen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"br", "meta", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append((self.open[-1] if self.open else "", data))

    def said(self, *elements: str) -> list[str]:
        """What stands in these elements."""
        return [data for element, data in self.words if element in elements]

    @property
    def seen(self) -> list[str]:
        """The lines that are seen, without blank ones."""
        return lines("".join(self.said("p", "a", "strong", "div")))

    @property
    def links(self) -> list[tuple[str | None, str]]:
        """Where each link leads, and what it says."""
        return list(zip((a["href"] for tag, a in self.elements if tag == "a"), self.said("a"), strict=True))


def lines(text: str) -> list[str]:
    return [stripped for line in text.replace("\r\n", "\n").split("\n") if (stripped := line.strip())]


def body(text: str) -> Page:
    return Page(as_html([(EN, text)], "Your appointment"))


def test_a_page_says_what_its_text_says() -> None:
    """Every line is seen, in its order; blank lines part paragraphs; the title is the subject."""
    page = body(MAIL)
    assert page.seen == lines(MAIL)
    assert [tag for tag, _ in page.elements].count("p") == 4
    assert page.said("title") == ["Your appointment"]
    assert page.said("strong") == ["When:", "Where:"]
    assert page.links == [("tel:+441632960983", "01632 960983")]


def test_each_language_is_named_to_who_reads_it_aloud() -> None:
    """A message in two languages is one page: each in its own `lang`, parted by one rule."""
    page = Page(as_html([(CY, "Annwyl Ada,"), (EN, "Dear Ada,")], "Eich apwyntiad / Your appointment"))
    assert [a["lang"] for _, a in page.elements if "lang" in a] == ["cy", "cy", "en"]
    assert [tag for tag, _ in page.elements if tag in {"div", "hr"}] == ["div", "div", "hr", "div"]
    assert page.seen == ["Annwyl Ada,", "Dear Ada,"]


def test_a_page_needs_nothing_and_names_no_colour() -> None:
    """Nothing is loaded, nothing has a colour that could be dark on dark, nothing is wider than a small phone."""
    html = as_html([(CY, MAIL), (EN, MAIL)], "Your appointment")
    loads = r"<(img|link|script|style|iframe|table|font)|url\(|@import|src="
    assert not re.search(loads + r"|background|[^-]color:|:#", html)
    assert re.findall(r"(?<!max-)width:", html) == []
    assert '<meta name="color-scheme" content="light dark">' in html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html


LABELS = [
    ("a label", "When: Tuesday", ["When:"]),
    ("in Welsh", "Pryd: dydd Mawrth", ["Pryd:"]),
    ("of two words", "Your call: between 9am and 9.30am", ["Your call:"]),
    ("with an apostrophe", "Today's room: 4", ["Today's room:"]),
    ("an answer's letter", "A: I did it", ["A:"]),
    ("an answer's number is none", "1: coming", []),
    ("nothing after it", "When:", []),
    ("an address on the web", "https://www.nhs.uk/", []),
    ("a time", "At 9:30: be there", []),
    ("later in the line", "Please note. When: Tuesday", []),
    ("a sentence before it", "We do not know yet when it will be: sorry", []),
]


@pytest.mark.parametrize(("text", "labels"), [case[1:] for case in LABELS], ids=[case[0] for case in LABELS])
def test_a_label_begins_its_line(text: str, labels: list[str]) -> None:
    """What begins a line in up to four words of letters before a colon is bold."""
    assert body(text).said("strong") == labels


NUMBERS = [
    ("a mobile", "call 07700 900001.", "tel:+447700900001", "07700 900001"),
    ("a landline", "call 01632 960983, please", "tel:+441632960983", "01632 960983"),
    ("London", "call 020 7946 0958", "tel:+442079460958", "020 7946 0958"),
    ("in brackets", "call (020) 7946 0958", "tel:+442079460958", "(020) 7946 0958"),
    ("with hyphens", "call 0117-496-0123", "tel:+441174960123", "0117-496-0123"),
    ("of ten digits", "call 01204 96012", "tel:+44120496012", "01204 96012"),
    ("without gaps", "call 02920180123", "tel:+442920180123", "02920180123"),
    ("from abroad", "call +44 29 2018 0123", "tel:+442920180123", "+44 29 2018 0123"),
    ("from abroad, with the 0", "call +44 (0)29 2018 0123", "tel:+442920180123", "+44 (0)29 2018 0123"),
    ("a number and a time", "call 01632 960983 9am to 5pm", "tel:+441632960983", "01632 960983"),
    ("an NHS number", "your number is 943 476 5919", None, None),
    ("a short one", "call 111", None, None),
    ("a date", "on 01-12-2026", None, None),
    ("a date and a time", "on 01-12-2026 14:30", None, None),
    ("part of a longer one", "reference 0123456789012345", None, None),
    ("part of a word", "room A01632960983", None, None),
    ("another country's", "call +33 1 23 45 67 89", None, None),
]


@pytest.mark.parametrize(
    ("text", "address", "said"),
    [case[1:] for case in NUMBERS],
    ids=[case[0] for case in NUMBERS],
)
def test_what_looks_like_a_number_can_be_tapped(text: str, address: str | None, said: str | None) -> None:
    """A number in the United Kingdom is a link to a call; what only holds digits is none."""
    assert body(text).links == ([(address, said)] if address else [])


LINKS = [
    ("in a sentence", "See https://www.nhs.uk/a?b=1&c=2.", [("https://www.nhs.uk/a?b=1&c=2",) * 2]),
    ("in brackets", "(https://gov.wales/x)", [("https://gov.wales/x",) * 2]),
    ("with digits like a number", "https://www.nhs.uk/01632960983", [("https://www.nhs.uk/01632960983",) * 2]),
    ("not encrypted", "http://example.org", []),
    ("a script", "javascript:alert(1)", []),
    ("a quotation mark ends it", 'https://a.example.org/"onclick="x', [("https://a.example.org/",) * 2]),
]


@pytest.mark.parametrize(("text", "links"), [case[1:] for case in LINKS], ids=[case[0] for case in LINKS])
def test_a_wording_s_address_can_be_opened(text: str, links: list[tuple[str, str]]) -> None:
    """An https address is a link to itself, without what ends its sentence."""
    assert body(text).links == links


ANYTHING = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n<>&\"';:/=0123"), max_size=200)
PIECES = st.lists(
    st.sampled_from(["<script>", "</p>", "<!--", "-->", "&lt;", "&#60;", '" onload="x', "When: ", "07700 900001", "\n"])
    | st.sampled_from(["https://a.example.org/", "{passages}", "%s", "\r\n\r\n", "</title>", "]]>", "javascript:x"])
    | ANYTHING
).map("".join)


OURS = {"html ", "html lang", "html dir", "head ", "meta ", "meta charset", "meta name", "meta content", "title "}
OURS |= {"body ", "body style", "div ", "div lang", "div style", "p ", "p style", "br ", "strong "}
OURS |= {"a ", "a href", "a style"}
"""Every element that a page may have, and every attribute of it."""


@given(text=PIECES | ANYTHING, subject=PIECES)
def test_no_text_becomes_markup(text: str, subject: str) -> None:
    """Whatever a text holds is seen as it is; elements, attributes and links are ours alone."""
    page = Page(as_html([(EN, text)], subject))
    assert page.seen == lines(text)
    assert "".join(page.said("title")) == subject
    assert page.open == []
    assert {f"{tag} {name}" for tag, a in page.elements for name in ("", *a)} <= OURS
    for address, said in page.links:
        assert address == said or re.fullmatch(r"tel:\+44\d{9,10}", address or "")
