"""Sessions of the samples of a user's page."""

from gallery.people import NOW, ago
from routes.session_rows import SessionRow
from routes.users.sessions_card import UserSessions

SESSIONS = UserSessions(
    id=2,
    name="Alice Arden",
    rows=(
        SessionRow(1, "Firefox on Linux", "192.0.2.17", started_at=ago(hours=3), last_used_at=NOW, own=False),
        SessionRow(
            2, "Safari on iPhone", "2001:db8::17", started_at=ago(hours=5), last_used_at=ago(hours=1), own=False
        ),
    ),
    own=False,
    may_end_all=True,
)
