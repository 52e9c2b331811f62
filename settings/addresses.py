"""IP addresses: one spelling for one address, in whichever family it comes."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# ::ffff:0:0/96 holds IPv4.
_MAPPED_BITS = 96


def address(text: str) -> Address | None:
    """IPv4 written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. None for anything else, a zone included."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed
    return None if parsed.scope_id else parsed.ipv4_mapped or parsed


def network(text: str) -> Network:
    """The same for a network. Raises ValueError."""
    if "%" in text:
        raise ValueError
    parsed = ipaddress.ip_network(text)
    if isinstance(parsed, ipaddress.IPv6Network) and parsed.prefixlen >= _MAPPED_BITS:
        first = parsed.network_address.ipv4_mapped
        return parsed if first is None else ipaddress.IPv4Network((first, parsed.prefixlen - _MAPPED_BITS))
    return parsed
