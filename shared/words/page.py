"""Formats the text of an e-mail as a web page, readable at 320 px, without images, in dark mode, and aloud.

The page holds the e-mail's text with nothing added. It sets no colours, so that light or dark is the reader's choice;
it loads nothing; styles stand on the elements, for many mail programs drop a page's style sheet. The only elements are
paragraphs, line breaks, labels in bold, links and a rule between languages: no text becomes markup.
"""

import re
from collections.abc import Sequence
from html import escape

from shared.words.wording import Language

# As NHS and GOV.UK services write: 19 px, at most two thirds of 960 px wide (design-system.service.gov.uk/styles).
PAGE = (
    '<!doctype html>\n<html lang="{lang}" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<meta name="supported-color-schemes" content="light dark">\n'
    "<title>{title}</title>\n</head>\n"
    '<body style="margin:0;padding:0;-webkit-text-size-adjust:100%">\n'
    '<div style="max-width:640px;margin:0 auto;padding:16px;font:19px/1.5 Arial,Helvetica,sans-serif;'
    'overflow-wrap:anywhere;word-break:break-word">\n{passages}\n</div>\n</body>\n</html>\n'
)
RULE = '\n<hr style="margin:32px 0;border:0;border-top:1px solid">\n'
PARAGRAPH = '<p style="margin:0 0 20px">{}</p>'

LABEL = re.compile(r"^[^\W\d_]+(?:[ '\u2019-][^\W\d_]+){0,3}:(?= \S)")
"""A label such as `When: ...` or `Pryd: ...`: one to four words of letters at the beginning of a line."""

LINKED = re.compile(
    r"(?P<url>https://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])"
    r"|(?<![\w+/.-])(?P<number>(?:\+44 ?(?:\(0\) ?)?|\(?0)[1-9](?:[ -]?\(?\d\)?){8,9})(?!\w|[/:.-]\d)"
)
"""Web addresses (only a wording has any: values hold none), and numbers that look like ones of the United Kingdom: ten
or eleven digits with the 0 (Ofcom, National Telephone Numbering Plan)."""


def as_html(passages: Sequence[tuple[Language, str]], subject: str) -> str:
    """The web page of an e-mail.

    Args:
        passages: the text of the message in each of the reader's languages. A blank line ends a paragraph.
        subject: the title of the page.

    """
    bodies = [f'<div lang="{language}">\n{_body(text)}\n</div>' for language, text in passages]
    lang = passages[0][0] if passages else Language.ENGLISH
    return PAGE.format(lang=lang, title=escape(subject), passages=RULE.join(bodies))


def _body(text: str) -> str:
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return "\n".join(PARAGRAPH.format("<br>\n".join(map(_line, part.split("\n")))) for part in paragraphs if part)


def _line(line: str) -> str:
    label = LABEL.match(line)
    rest = line[label.end() :] if label else line
    return (f"<strong>{escape(label[0])}</strong>" if label else "") + _linked(rest)


def _linked(text: str) -> str:
    shown: list[str] = []
    at = 0
    for found in LINKED.finditer(text):
        address = escape(found["url"]) if found["url"] else f'tel:{_e164(found["number"])}" style="white-space:nowrap'
        shown += escape(text[at : found.start()]), f'<a href="{address}">{escape(found[0])}</a>'
        at = found.end()
    return "".join((*shown, escape(text[at:])))


def _e164(number: str) -> str:
    digits = re.sub(r"\D", "", number.replace("(0)", ""))
    return f"+{digits}" if number.startswith("+") else f"+44{digits[1:]}"
