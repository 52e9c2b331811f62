"""Attributes in templates are escaped, whatever was written before."""

import pytest
from markupsafe import Markup

from routes.web.jinja_environment import attributes_of


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        ({}, ""),
        ({"value": Markup("a &amp; b")}, ' value="a &amp; b"'),
        # equals the one above, but is no HTML
        ({"value": "a &amp; b"}, ' value="a &amp;amp; b"'),
        ({"maxlength": 1, "autofocus": None, "required": ""}, ' maxlength="1" required=""'),
        ({"maxlength": True}, ' maxlength="True"'),
        ({"value": "a\x01b"}, ' value="ab"'),
    ],
)
def test_attributes_are_written(attributes, written):
    assert attributes_of(attributes) == written


def test_a_name_cannot_hold_another_attribute():
    with pytest.raises(ValueError, match="attribute name"):
        attributes_of({"a b": ""})
