"""Every activity has words: in the filter of the log, and as a sentence."""

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.activity import kinds
from routes.web.entry import Entry
from tests.browser import Installation

KINDS = kinds.Activity.__subclasses__()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_activity_has_a_name_and_a_sentence(kind: type[kinds.Activity], tmp_path: Path):
    templates = Installation(tmp_path).app.state.templates.shipped
    words = templates.get_template("activity_log/_sentences.html").module
    detail = {field.name: "1" for field in fields(kind) if field.name not in ("before", "after")}
    entry = Entry(1, datetime.now(UTC), kind.name, "bob", "alice", "off", "on", "", detail)
    groups = templates.get_template("activity_log/_kinds.html").module.groups
    sentence = str(words.sentence(entry)).strip()
    names = [group[kind.name] for group in groups.values() if kind.name in group]
    assert len(names) == 1, f"give {kind.name} a name in one group of templates/activity_log/_kinds.html"
    assert "." not in names[0], kind.name
    assert kind.name not in sentence, f"give {kind.name} a sentence in templates/activity_log/_sentences.html"
