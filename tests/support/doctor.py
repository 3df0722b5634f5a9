"""Facts of a mesh that is well, which tests of doctor change, and what becomes of findings."""

from datetime import UTC, datetime

from services.doctor.domain import Unasked
from services.doctor.facts import Database
from services.doctor.figures import Figures, Process

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
GONE = Unasked("it does not answer")
HANGING = Unasked("it does not answer within 3 s", is_hanging=True)
GB = 10**9
SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "default_transaction_read_only": "off",
    "autovacuum": "on",
    "idle_session_timeout": "0",
    "max_connections": "100",
    "superuser_reserved_connections": "3",
    "reserved_connections": "0",
    "shared_buffers": "16384",
    "TimeZone": "UTC",
}
DATABASE = Database("16.4", None, {"alert": "0004"}, SETTINGS, False, 0.01, 20, 2 * GB, None)
# What processes say of themselves.
READY, UNREADY, AWAY = "montrg_ready 1\n", "montrg_ready 0\n", "montrg_database_up 0\n"


def told(findings):
    """The levels of findings with one word each, which is all that a table says of them."""
    return [each.level for each in findings]


def only(findings):
    (found,) = findings
    return found


def process(name, text="", service=None):
    return Process(name, service or name, text if isinstance(text, Unasked) else Figures(text))
