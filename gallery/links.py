"""Samples of what mailed links open."""

from accounts.system.contact import NONE
from gallery.people import CONTACT
from gallery.sample import Samples
from routes.links import Binding, BindingPage, LinkForm, LinkOver, LinkOverPage, LinkPage, NewAddress, NewAddressPage

SAMPLES: Samples = {
    "link, connect an account": (None, BindingPage(Binding("Cleo Carver", "cleo", "/sso/login?invitation=x"))),
    "link, connect an account, no provider": (None, BindingPage(Binding("", "cleo", ""))),
    "link, invitation": (None, LinkPage(LinkForm("invitation", "/invitation/x", "alice", "Alice Arden", ""))),
    "link, invitation, too short": (None, LinkPage(LinkForm("invitation", "/invitation/x", "alice", "", "too_short"))),
    "link, password reset": (None, LinkPage(LinkForm("password_reset", "/login/reset/x", "alice", "Alice Arden", ""))),
    "link, invitation over": (None, LinkOverPage(LinkOver("invitation"), NONE)),
    "link, password reset over": (None, LinkOverPage(LinkOver("password_reset"), NONE)),
    "link, invitation over, with a mail server": (None, LinkOverPage(LinkOver("invitation", reset=True), CONTACT)),
    "link, password reset over, with a mail server": (
        None,
        LinkOverPage(LinkOver("password_reset", reset=True), CONTACT),
    ),
    "link, new address": (
        None,
        NewAddressPage(
            NewAddress("/new-address/x", "alice", "Alice Arden", "alice@acme.example", "alice.arden@acme.example")
        ),
    ),
    "link, new address over": (None, LinkOverPage(LinkOver("new_address", reset=True), CONTACT)),
}
