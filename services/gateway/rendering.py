"""Pages from templates, and the headers that keep a page from running or loading anything."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse


@cache
def environment() -> Environment:
    """The templates of this service: whatever stands in a value becomes text, and a missing value is an error."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def rendered(template: str, look: str, **values: object) -> str:
    """A page.

    Args:
        template: the name of its template.
        look: the name of its stylesheet, which stands in the page.
        values: what the template says, as text.

    """
    return environment().get_template(template).render(values, look=look)


@cache
def style(look: str) -> str:
    """A stylesheet, letter by letter as it stands in pages of this look."""
    return environment().get_template(look).render()


@cache
def headers(look: str) -> Mapping[str, str]:
    """The headers of a page that runs nothing, loads nothing, and looks as this stylesheet says and no other."""
    digest = base64.b64encode(hashlib.sha256(style(look).encode()).digest()).decode()
    return MappingProxyType(
        {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",  # the address may be a key: it must not be told to anybody else
            "X-Robots-Tag": "noindex, nofollow",
        }
    )


def answer(page: str, look: str, status: int = 200, more: Mapping[str, str] | None = None) -> HTMLResponse:
    """A page as the answer to a request, with more headers where there are any."""
    return HTMLResponse(page, status, {**headers(look), **(more or {})})
