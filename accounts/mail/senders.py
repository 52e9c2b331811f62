"""Who sends an e-mail to other users, and the sentence that they may add. Neither can hold a link, for every link in
our e-mails is ours: docs/decisions/0068-people-add-a-sentence-to-e-mails-without-a-link.md.
"""

from typing import Literal

from accounts import fields
from accounts.mail import own_links

# One line on most screens, and less than a story.
LONGEST_SENTENCE = 200

SentenceProblem = Literal[fields.TextProblem, "link"]


def problem_with_sentence(sentence: str) -> SentenceProblem:
    """What is wrong with a sentence that others will read in an e-mail; "" also if there is none."""
    if problem := fields.problem_with_text(sentence, LONGEST_SENTENCE):
        return problem
    return "link" if own_links.holds_link(sentence) else ""


def facts_of(username: str, name: str, sentence: str = "") -> dict[str, str]:
    """What an e-mail says of its sender. A name that would become a link is left out: the username stands for it."""
    shown = name if name != username and not own_links.holds_link(name) else ""
    facts = {"actor": username, "actor_name": shown, "sentence": sentence}
    return {fact: value for fact, value in facts.items() if value}
