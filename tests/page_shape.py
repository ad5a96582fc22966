"""What a browser makes of a page: its elements with their attributes, and the words and values that stand in them."""

from collections.abc import Mapping
from html.parser import HTMLParser
from types import MappingProxyType

HOSTILE: Mapping[str, str] = MappingProxyType(
    {
        "a script": "<script>alert('x')</script>",
        "an image that fails": "<img src=x onerror=alert(1)>",
        "double quotes": '" autofocus onfocus="alert(1)',
        "single quotes": "' onmouseover='alert(1)",
        "the end of what stands around it": "--></textarea></title></style></select></iframe><svg onload=alert(1)>",
        "a script as an address": "javascript:alert(1)",
        "another address": "//evil.example.org/",
        "a line break": 'one\ntwo: "three" > four',
        "a carriage return": "one\r\n\r\n<b>two</b>",
        "an entity": "&lt;b&gt; &amp;quot; &#34;onclick=x",
        "a template": "{{ 7 * 7 }}{% raw %}{{ labels }}",
    }
)
"""What somebody may write who wants a page to do something."""

ADDRESSES = ("href", "src", "action", "formaction")


class Shape(HTMLParser):
    """The elements of a page and the names of their attributes, in order, and everything that is said in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[str] = []
        self.addresses: list[str] = []
        self.frames: list[str] = []
        self._text = ""
        self.feed(page)
        self.close()
        self._end_of_text()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_of_text()
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value for _, value in attrs if value]
        self.addresses += [value or "" for name, value in attrs if name in ADDRESSES]
        self.frames += [value or "" for name, value in attrs if name == "srcdoc"]

    def handle_endtag(self, tag: str) -> None:
        self._end_of_text()
        self.elements.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        self._text += data

    def _end_of_text(self) -> None:
        self.values.append(self._text)
        self._text = ""

    def says(self, words: str) -> bool:
        """Whether these very words stand in a text or an attribute."""
        return any(words in value for value in self.values)
