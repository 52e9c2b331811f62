"""Every link in our e-mails is ours: what mail programs would make a link of in a text that a person wrote."""

import re
from collections.abc import Mapping

# A scheme, an e-mail address, www, a dot between letters (also one that a browser reads as such), an IPv4 address.
_LINK = re.compile(
    r"[^\W\d_][\w+.-]*:\S|@|\bwww\b|\w[.\uff0e\u2024][^\W\d_]{2}|[a-z0-9-][\u3002\uff61][a-z]{2}"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",
    re.IGNORECASE,
)
# Facts of an e-mail that people, or their browsers, wrote. Others are words of ours, addresses, or usernames.
WRITTEN = ("actor_name", "sentence", "reason", "phone", "browser", "new_browser")
LEFT_OUT = "…"


def holds_link(text: str) -> bool:
    return _LINK.search(text) is not None


def only_ours(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts of an e-mail as it may say them."""
    return {name: LEFT_OUT if name in WRITTEN and holds_link(value) else value for name, value in facts.items()}
