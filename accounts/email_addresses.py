"""E-mail addresses: their domain in ASCII by IDNA 2008, whether it can exist, and when two of them are one."""

import re

# RFC 1035 2.3.1, RFC 1123 2.1: letters, digits, hyphens inside; a top-level domain is not a number.
_LABEL = re.compile("(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)
# RFC 1035 3.1: 255 octets with the length of the first label and the root.
LONGEST_DOMAIN = 253


def in_ascii(address: str) -> str | None:
    """The address as a mail server gets it: its domain by IDNA 2008, mapped by UTS 46, non-transitional: IDNA 2003,
    Python's own codec, turns ß into ss, which is another domain. None if its domain cannot be one.
    """
    local, _, domain = address.rpartition("@")
    if not _is_international(domain):
        return address
    # Its tables take 10 ms, and most addresses need none.
    import idna

    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except UnicodeError:
        return None


def is_possible(address: str) -> bool:
    """Whether the domain of an address, as `in_ascii` writes it, follows the rules for names of hosts."""
    domain = address.rpartition("@")[2]
    labels = domain.split(".")
    return len(domain) <= LONGEST_DOMAIN and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def has_ascii_local_part(address: str) -> bool:
    """Whether what is before the @ is ASCII: beyond it needs SMTPUTF8 (RFC 6531), for which no e-mail is written."""
    return address.rpartition("@")[0].isascii()


def same(one: str, other: str) -> bool:
    """Whether two addresses are the same but for xn-- in the domain and the case of ASCII letters. Python would also
    fold the Kelvin sign to k, and ß to ss; UTS 46 would map full-width letters and dots.
    """
    return _comparable(one) == _comparable(other)


def _comparable(address: str) -> str:
    local, _, domain = address.translate(_LOWER).rpartition("@")
    if not _is_international(domain):
        return f"{local}@{domain}"
    import idna

    try:
        return f"{local}@{idna.encode(domain, strict=True).decode()}"
    except UnicodeError:
        return f"{local}@{domain}"


def spellings(address: str) -> set[str]:
    """How the address may be stored: as it is, with its domain in ASCII, and with its domain in Unicode."""
    ascii_form = in_ascii(address)
    local, _, domain = (ascii_form or address).rpartition("@")
    if ascii_form is None or not _is_international(domain):
        return {address}
    import idna

    return {address, ascii_form, f"{local}@{idna.decode(domain)}"}


def _is_international(domain: str) -> bool:
    return not domain.isascii() or "xn--" in domain.lower()


_LOWER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}
