"""The workflows say what GitHub understands, use nothing unpinned, and call what there is."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from services.images.domain import IMAGES

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = {path.stem: path for path in sorted(GITHUB.glob("workflows/*.yml"))}
ACTIONS = sorted(GITHUB.glob("actions/*/action.yml"))
PINNED = re.compile(r"uses: ([\w.-]+/[\w./-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+\n")


def tool(name, *words, text=None):
    command = [str(Path(sys.executable).with_name(name)), *words]
    return subprocess.run(command, check=False, input=text, capture_output=True, text=True, timeout=60, cwd=ROOT)


def jobs():
    """Each job of each workflow, with a name for a person."""
    for stem, path in WORKFLOWS.items():
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            yield pytest.param(job, id=f"{stem}-{name}")


def scripts():
    """Each script of each workflow and action."""
    for path in (*WORKFLOWS.values(), *ACTIONS):
        document = yaml.safe_load(path.read_text())
        for job in document["jobs"].values() if "jobs" in document else [document["runs"]]:
            yield from (step["run"] for step in job.get("steps", ()) if "run" in step)


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", [*WORKFLOWS.values()]),
        ("vendor.github-actions", ACTIONS),
        ("vendor.github-issue-forms", sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml"))),
        ("vendor.renovate", [GITHUB / "renovate.json"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_file_has_the_form_that_its_reader_wants(schema, paths):
    done = tool("check-jsonschema", "--builtin-schema", schema, *map(str, paths))
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_known_weakness_is_found():
    done = tool("zizmor", "--offline", "--no-progress", "--strict-collection", "--persona=pedantic", str(GITHUB))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("script", list(scripts()))
def test_shellcheck_has_nothing_to_say_of_a_script(script):
    done = tool("shellcheck", "--shell=bash", "-", text=script)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [*WORKFLOWS.values(), *ACTIONS], ids=lambda path: path.stem)
def test_each_action_of_others_is_pinned_by_its_commit_with_the_version_beside_it(path):
    text = path.read_text()
    foreign = re.findall(r"uses: (?!\./)", text)
    assert len(PINNED.findall(text)) == len(foreign)


def test_an_action_has_one_version_everywhere():
    texts = [path.read_text() for path in (*WORKFLOWS.values(), *ACTIONS)]
    used = {line for text in texts for line in re.findall(r"uses: (\S+@\S+)", text)}
    assert len(used) == len({line.split("@")[0] for line in used})


@pytest.mark.parametrize("job", list(jobs()))
def test_each_job_says_what_it_may_do_and_how_long_it_may_take(job):
    assert job["permissions"]
    assert "uses" in job or 0 < job["timeout-minutes"] <= 130


@pytest.mark.parametrize("path", [*WORKFLOWS.values()], ids=list(WORKFLOWS))
def test_a_workflow_may_do_nothing_of_itself(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {}


def test_each_target_and_program_that_is_called_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = set()
    for script in scripts():
        for words in re.findall(r"^\s*make (.+)$", script, re.MULTILINE):
            called |= {word for word in words.split() if re.fullmatch("[a-z-]+", word)}
    assert called
    assert called <= targets
    files = {word for script in scripts() for word in re.findall(r"^tests/\S+", script, re.MULTILINE)}
    assert not [name for name in files if not os.access(ROOT / name, os.X_OK)]


def test_the_tests_run_on_each_python_that_is_promised():
    versions = yaml.safe_load(WORKFLOWS["ci"].read_text())["jobs"]["test"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={versions[0]}"
    minors = [int(version.removeprefix("3.")) for version in versions]
    assert minors == list(range(minors[0], minors[-1] + 1))
    # The newest one that the Makefile looks for.
    assert f"python{versions[-1]} " in (ROOT / "Makefile").read_text()


def test_a_release_publishes_every_image():
    matrix = yaml.safe_load(WORKFLOWS["release"].read_text())["jobs"]["publish"]["strategy"]["matrix"]
    assert set(matrix["image"]) == {image.name for image in IMAGES}


@pytest.fixture
def changelog(tmp_path):
    """Runs `make notes` beside a changelog of this text."""
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())

    def notes(text, version):
        (tmp_path / "CHANGELOG.md").write_text(text)
        command = ["make", "--no-print-directory", "notes", f"VERSION={version}"]
        return subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)

    return notes


def test_the_notes_of_a_release_are_what_the_changelog_says_of_that_version(changelog):
    text = "## Unreleased\n\n- c\n\n## [1.1.0] - 2026-12-01\n\n### Added\n\n- b\n\n## [1.0.0] - 2026-11-01\n\n- a\n"
    assert changelog(text, "1.1.0").stdout.strip() == "### Added\n\n- b"
    assert changelog(text, "1.0.0").stdout.strip() == "- a"


@pytest.mark.parametrize("version", ["1.0.1", "1.0", "1.1.0"])
def test_a_version_of_which_the_changelog_says_nothing_is_not_released(changelog, version):
    done = changelog("## [1.1.0] - 2026-12-01\n\n## [1.0.0] - 2026-11-01\n\n- a\n", version)
    assert done.returncode != 0
    assert f"CHANGELOG.md says nothing of {version}" in done.stderr
