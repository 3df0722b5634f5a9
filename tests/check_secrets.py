"""No file of the project holds a secret: whatever looks like one was looked at, and is in `.secrets.baseline`."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings, transient_settings

ROOT = Path(__file__).resolve().parents[1]
BASELINE = json.loads((ROOT / ".secrets.baseline").read_text())
KNOWN = {(name, one["hashed_secret"]) for name, found in BASELINE["results"].items() for one in found}
# Generated, or of others, or of hashes.
LEFT_OUT = re.compile(
    r"gen/|services/mesh/swagger/|services/dashboard/(dist|src/gen)/|.*(\.lock|\.csv|\.gz|package-lock\.json|\.secrets\.baseline)$"
)
UPDATE = ".venv/bin/detect-secrets scan --baseline .secrets.baseline"


def of(files, root):
    found = SecretsCollection(root=str(root))
    with transient_settings({name: BASELINE[name] for name in ("plugins_used", "filters_used")}):
        for name in files:
            found.scan_file(name)
    return {(name, secret.secret_hash) for name, secrets in found.data.items() for secret in secrets}


def test_nothing_in_the_project_looks_like_a_secret_that_nobody_has_looked_at():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if (ROOT / name).is_file() and not LEFT_OUT.match(name)]
    new = of(names, ROOT) - KNOWN
    assert not new, f"take these out, or, if they are none, run {UPDATE}: {sorted(name for name, _ in new)}"


@pytest.mark.parametrize(
    "line",
    [
        "postgresql://montrg:" + "hunter2hunter2@db/montrg",
        "-----BEGIN " + "EC PRIVATE KEY-----",
        "password = " + '"correct-horse-battery"',
    ],
)
def test_what_would_be_one_is_found(tmp_path, line):
    (tmp_path / "settings.py").write_text(f"{line}\n")
    with default_settings():
        assert of(["settings.py"], tmp_path)
