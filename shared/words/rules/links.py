"""Finds the links that a phone would make of a text, and their domains."""

from shared.words.links import has_link, host, is_encrypted

_AROUND = "\"'()<>[]{}.,;:!?\u2018\u2019\u201c\u201d"


def foreign(text: str, domains: frozenset[str]) -> list[str]:
    """The links of a text that lead to other domains than these and their subdomains, or are not https."""
    if not has_link(text):
        return []
    links = [word.strip(_AROUND) for word in text.split() if has_link(word)]
    return [link for link in links if not _leads_to(link, domains)]


def _leads_to(link: str, domains: frozenset[str]) -> bool:
    where = host(link)
    return is_encrypted(link) and any(where == domain or where.endswith(f".{domain}") for domain in domains)
