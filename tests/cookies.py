"""The names of the cookies at the base URL of the tests, http://localhost:8000: a port of its own is part of them."""

SESSION, BROWSER, SSO_LOGIN = (f"two_keys_{name}_8000" for name in ("session", "browser", "sso_login"))
