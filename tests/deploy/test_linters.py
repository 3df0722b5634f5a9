"""Programs that know weak spots look at what people write and what is applied."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.mesh.options import ROOT
from tests.deploy.conftest import K8S

BIN = Path(sys.executable).parent
# In surroundings of its own; `make test` installs it.
CHECKOV = ROOT / ".venv" / "checkov" / "bin" / "checkov"
# Together they have everything.
LOOKED_AT = ("kind, watched", "kind and TimescaleDB", "production, all of it")
TEMPLATES = K8S / "template"


def run(*command: object) -> tuple[int, str]:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    return done.returncode, done.stdout + done.stderr


def written(*names: str) -> list[Path]:
    """The files of these names in the project, without those of a template, which are none of their kind yet."""
    places = [ROOT / "k8s", ROOT / ".github", *ROOT.glob("[!.]*.y*ml"), ROOT / ".checkov.yaml", ROOT / ".yamllint.yaml"]
    files = {file for place in places for file in ([place] if place.is_file() else place.rglob("*"))}
    chosen = {file for file in files if any(file.match(name) for name in names)}
    return sorted(file for file in chosen if TEMPLATES not in file.parents)


def test_yaml_that_people_write_looks_alike():
    files = written("*.yaml", "*.yml", "Kustomization", "*.example")
    assert len(files) > 80
    assert run(BIN / "yamllint", "--strict", *files) == (0, "")


def test_yamllint_finds_what_looks_otherwise(tmp_path):
    (tmp_path / "wrong.yaml").write_text("a: { b: 1 }\n", encoding="utf-8")
    status, said = run(BIN / "yamllint", "--strict", tmp_path / "wrong.yaml")
    assert status == 1
    assert "braces" in said


def test_scripts_have_no_known_trap():
    scripts = written("*.sh")
    assert len(scripts) > 8
    assert run(BIN / "shellcheck", "--external-sources", "--source-path=SCRIPTDIR", *scripts) == (0, "")


def test_shellcheck_finds_a_trap(tmp_path):
    (tmp_path / "wrong.sh").write_text("#!/bin/sh\nrm -rf $1/\n", encoding="utf-8")
    assert run(BIN / "shellcheck", tmp_path / "wrong.sh")[0] == 1


@pytest.mark.skipif(not CHECKOV.exists(), reason="checkov is not installed: make test installs it")
def test_the_manifests_have_no_known_weak_spot_beyond_those_with_a_reason(rendered):
    files = [word for name in LOOKED_AT for word in ("--file", rendered[name])]
    status, said = run(CHECKOV, "--config-file", ROOT / ".checkov.yaml", *files)
    assert "Failed checks: 0" in said, said
    assert status == 0


@pytest.mark.skipif(not CHECKOV.exists(), reason="checkov is not installed: make test installs it")
def test_checkov_finds_a_weak_spot(rendered, tmp_path):
    text = rendered["thresholds"].read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        text.replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"), encoding="utf-8"
    )
    status, said = run(CHECKOV, "--config-file", ROOT / ".checkov.yaml", "--file", wrong)
    assert status == 1
    assert "CKV_K8S_20" in said
