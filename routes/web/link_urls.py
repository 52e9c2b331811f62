"""Where mailed and handed-over links lead."""

from config import Config
from db.links import LinkKind

PATHS: dict[LinkKind, str] = {
    "invitation": "/invitation/",
    "password_reset": "/login/reset/",
    "new_address": "/new-address/",
    "binding": "/invitation/",
}


def link_url(config: Config, kind: LinkKind, token: str) -> str:
    return config.base_url + PATHS[kind] + token
