"""Programs that know weak spots look at what people write and what is applied."""

import json
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
BROKEN = "broken.yaml"
TEMPLATES = K8S / "template"


def run(*command: object) -> tuple[int, str]:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    return done.returncode, done.stdout + done.stderr


def written(*names: str) -> list[Path]:
    """The files of these names in the project, without those of a template, which are none of their kind yet."""
    places = [
        ROOT / "k8s",
        ROOT / "compose",
        ROOT / ".github" / "workflows",
        ROOT / ".github" / "actions",
        *ROOT.glob("[!.]*.y*ml"),
        ROOT / ".checkov.yaml",
        ROOT / ".yamllint.yaml",
    ]
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
    others = [*(ROOT / "tests").rglob("*.sh"), ROOT / ".ci" / "run"]
    scripts = [*written("*.sh"), *others]
    assert len(scripts) > 9
    assert run(BIN / "shellcheck", "--external-sources", "--source-path=SCRIPTDIR", *scripts) == (0, "")


def test_shellcheck_finds_a_trap(tmp_path):
    (tmp_path / "wrong.sh").write_text("#!/bin/sh\nrm -rf $1/\n", encoding="utf-8")
    assert run(BIN / "shellcheck", tmp_path / "wrong.sh")[0] == 1


@pytest.fixture(scope="module")
def weak_spots(rendered, tmp_path_factory):
    """What checkov finds, by the file's name, in what is applied, and in one thing that is broken for it."""
    if not CHECKOV.exists():
        pytest.skip("checkov is not installed: make test installs it")
    folder = tmp_path_factory.mktemp("weak")
    files = {folder / f"{name}.yaml": rendered[name].read_text(encoding="utf-8") for name in LOOKED_AT}
    good, bad = (f"allowPrivilegeEscalation: {value}" for value in ("false", "true"))
    files[folder / BROKEN] = rendered["thresholds"].read_text(encoding="utf-8").replace(good, bad)
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    words = [word for file in files for word in ("--file", file)]
    status, said = run(CHECKOV, "--config-file", ROOT / ".checkov.yaml", "--output", "json", *words)
    assert status == 1, said
    found = json.loads(said)["results"]["failed_checks"]
    return {(Path(each["file_path"]).name, each["check_id"], each["resource"]) for each in found}


def test_the_manifests_have_no_known_weak_spot_beyond_those_with_a_reason(weak_spots):
    assert {found for found in weak_spots if found[0] != BROKEN} == set()


def test_checkov_finds_a_weak_spot(weak_spots):
    assert {check for name, check, _ in weak_spots if name == BROKEN} == {"CKV_K8S_20"}
