"""Where mailed and handed-over links lead."""

from accounts.links import links
from config import Config

PATHS: dict[links.AnyKind, str] = {
    "invitation": "/invitation/",
    "password_reset": "/login/reset/",
    "new_address": "/new-address/",
    "binding": "/invitation/",
}


def link_url(config: Config, kind: links.AnyKind, token: str) -> str:
    return config.base_url + PATHS[kind] + token
