"""Who sends an e-mail to other users, and the sentence that they may add. Neither can hold a link, for every link in
our e-mails is ours: docs/decisions/0068-people-add-a-sentence-to-e-mails-without-a-link.md.
"""

import re
from typing import Literal

from accounts import fields

# One line on most screens, and less than a story.
LONGEST_SENTENCE = 200

SentenceProblem = Literal[fields.TextProblem, "link"]

# What mail programs make links of: a scheme, an e-mail address, www, or a dot between letters.
_LINK = re.compile(r"[^\W\d_][\w+.-]*:\S|@|\bwww\b|\w[.\uff0e][^\W\d_]{2}", re.IGNORECASE)


def problem_with_sentence(sentence: str) -> SentenceProblem:
    """What is wrong with a sentence that others will read in an e-mail; "" also if there is none."""
    if problem := fields.problem_with_text(sentence, LONGEST_SENTENCE):
        return problem
    return "link" if _LINK.search(sentence) else ""


def facts_of(username: str, name: str, sentence: str = "") -> dict[str, str]:
    """What an e-mail says of its sender. A name that would become a link is left out: the username stands for it."""
    shown = name if name != username and not _LINK.search(name) else ""
    facts = {"actor": username, "actor_name": shown, "sentence": sentence}
    return {fact: value for fact, value in facts.items() if value}
