"""Where people read what to do about an alert: the one address to which alert rules and dashboards lead."""

import re
from pathlib import Path

# To be set to where your people read docs/runbooks, such as a forge's page of that folder, followed by `make generate`.
# Until then it is the folder in a checkout, which no mail can open.
ADDRESS = "docs/runbooks"

_ANNOTATION = re.compile(r"^( *runbook_url: ).*/(\w+\.md)$", re.MULTILINE)


def linked(rules: str, address: str = ADDRESS) -> str:
    """Returns the text of a file of rules in which every alert leads to its page below that address."""
    return _ANNOTATION.sub(lambda found: f"{found[1]}{address.rstrip('/')}/{found[2]}", rules)


def linked_files(folder: Path, address: str = ADDRESS) -> dict[Path, str]:
    """Returns the text of every file of rules in a folder, led to that address."""
    return {file: linked(file.read_text(encoding="utf-8"), address) for file in sorted(folder.glob("*.yml"))}
