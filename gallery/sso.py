"""Samples of what the way back from the identity provider ends with."""

from typing import get_args

from accounts.sso import pending as pending_sign_ins
from accounts.system.contact import NONE
from gallery.people import CLEO, CONTACT
from gallery.sample import Samples
from routes.sso import SignOn, SignOnPage

SAMPLES: Samples = {
    **{
        f"Single Sign-On, {why}": (None, SignOnPage(SignOn(why, "login", "/sso/login", "/"), CONTACT))
        for why in get_args(pending_sign_ins.Why)
        if why not in ("bound_already", "link_over", "other_identity", "not_fresh")
    },
    **{
        f"Single Sign-On, by a link, {why}": (None, SignOnPage(SignOn(why, "binding", "", "/"), NONE))
        for why in ("bound_already", "link_over", "silent")
    },
    **{
        f"Single Sign-On, proof, {why}": (
            CLEO,
            SignOnPage(SignOn(why, "proof", "/sso/login?proof=yes", "/my-user"), NONE),
        )
        for why in ("proved", "other_identity", "not_fresh", "cancelled")
    },
}
