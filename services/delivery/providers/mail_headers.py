"""E-mail headers that every mailbox reads, where Python's `email` package folds or encodes them wrongly."""

from email.header import Header
from email.headerregistry import AddressHeader, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.policy import SMTP, Policy

SHORT_LINE = 76  # characters of a line of quoted-printable (RFC 2045, section 6.7), two fewer than Python's default


class SubjectHeader(UnstructuredHeader, BaseHeader):
    """A subject in any language.

    Neighbouring words outside ASCII, frequent in Welsh, are encoded as one: Python encodes each alone, and the space
    between two encoded words is not shown (RFC 2047, section 6.2): "Tŷ Ŵyl" would arrive as "TŷŴyl".
    """

    def fold(self, *, policy: Policy) -> str:
        """The header line, folded and encoded."""
        if self.isascii():
            return super().fold(policy=policy)
        return f"{self.name}: {_encoded(self, self.name, policy)}{policy.linesep}"


class FromHeader(AddressHeader, BaseHeader):  # type: ignore[misc]  # as the registry itself puts them together
    """A sender's address whose display name may be in any language, encoded like the subject.

    An ASCII name is never folded: where Python folds within quotation marks, it leaves them out, and a comma in the
    name would make two addresses of it.
    """

    def fold(self, *, policy: Policy) -> str:
        """The header line, folded and encoded."""
        [one] = self.addresses
        if one.display_name.isascii():
            return f"{self.name}: {one}{policy.linesep}"
        name = _encoded(one.display_name, self.name, policy)
        return f"{self.name}: {name}{policy.linesep} <{one.addr_spec}>{policy.linesep}"


class InOneLine(UnstructuredHeader, BaseHeader):
    """A header whose value is a URL, never folded or encoded: mailboxes ignore a URL that is.

    Python would write a long one as encoded words (github.com/python/cpython/issues/74717).
    """

    def fold(self, *, policy: Policy) -> str:
        """The header on one line."""
        return f"{self.name}: {self}{policy.linesep}"


def mail_policy() -> Policy:
    """The policy that serialises e-mails for SMTP: headers as above, content lines of at most `SHORT_LINE`."""
    headers = HeaderRegistry()
    headers.map_to_type("subject", SubjectHeader)
    headers.map_to_type("from", FromHeader)
    headers.map_to_type("list-unsubscribe", InOneLine)
    return SMTP.clone(header_factory=headers, max_line_length=SHORT_LINE)


def _encoded(text: str, name: str, policy: Policy) -> str:
    return Header(text, "utf-8", SHORT_LINE, name).encode(linesep=policy.linesep)
