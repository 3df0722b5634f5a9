"""What the scripts do in which order, and what they say when something is missing, with a stand-in for kubectl.

There is no cluster here: the stand-in writes down how it is called and answers what a cluster would.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from services.catalog import DEPLOYED, SERVICES
from services.manifests import folder
from tests.deploy.conftest import K8S

HOSTS = [service.host for service in SERVICES]

KUBECTL = r"""#!/usr/bin/env bash
echo "$*" >>"$CALLS"
words=$*
case $words in
  *"get secret"*) for name in $MISSING; do [[ $words == *"get secret $name "* ]] && exit 1; done; exit 0 ;;
  *"get job"*) echo "$JOB" ;;
  *"get configmap"*) wc -l <"$CALLS" ;;
  *"get deployment "*) echo "$DEPLOYED" ;;
  *"rollout status"*) exit "$ROLLOUT" ;;
  *logs*wait-for-database*) echo "$WAITING" ;;
  *"logs job/migrations"*) echo "$MIGRATIONS" ;;
  *"get pods"*jsonpath*) printf '\n  %s\n' "$OBSTACLE" ;;
esac
"""


@pytest.fixture
def cluster(tmp_path):
    """Runs a script with the stand-in; returns its exit code, what it said and how kubectl was called."""
    stand_in = tmp_path / "kubectl"
    stand_in.write_text(KUBECTL, encoding="utf-8")
    stand_in.chmod(0o755)
    calls = tmp_path / "calls"

    def run(script: str, **answers: str) -> tuple[int, str, list[str]]:
        calls.write_text("", encoding="utf-8")
        given = {"MISSING": "", "JOB": "Complete", "DEPLOYED": "", "ROLLOUT": "0", "MONTRG_ROLLOUT_S": "0"}
        given |= {"WAITING": "", "MIGRATIONS": "", "OBSTACLE": ""}
        environment = os.environ | given | answers | {"CALLS": str(calls), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        command = [str(K8S / script)]
        done = subprocess.run(
            command, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stderr, calls.read_text(encoding="utf-8").splitlines()

    return run


@pytest.mark.parametrize("service", DEPLOYED, ids=folder)
def test_each_service_is_deployed_into_a_namespace_that_is_there_first(cluster, service):
    status, said, calls = cluster(f"{folder(service)}/deploy.sh")
    assert (status, calls[0]) == (0, "apply -f namespace/namespace.yaml")
    assert f"apply -f {folder(service)}/" in calls
    assert f"{service.host} runs" in said


def test_without_its_secret_nothing_of_a_service_is_applied_and_it_is_said_how_to_make_it(cluster):
    status, said, calls = cluster("alert/deploy.sh", MISSING="alert-service-secret")
    assert status == 1
    assert "There is no Secret alert-service-secret" in said
    assert "k8s/alert/secret.example" in said
    assert "apply -f alert/" not in calls


def test_a_service_whose_schema_is_missing_says_so_and_what_makes_it(cluster):
    status, said, _ = cluster("thresholds/deploy.sh", ROLLOUT="1", WAITING="no schema thresholds yet")
    assert status == 1
    assert "thresholds-service waits for its database" in said
    assert "k8s/migrations/deploy.sh" in said
    assert "no schema thresholds yet" in said


def test_pods_that_cannot_run_say_why(cluster):
    status, said, _ = cluster("thresholds/deploy.sh", ROLLOUT="1", OBSTACLE="Back-off pulling image")
    assert status == 1
    assert "thresholds-service does not run yet: Back-off pulling image\n" in said


def test_pods_are_restarted_for_new_settings_but_not_where_there_were_none(cluster):
    restart = "--namespace flet-montrg rollout restart deployment/thresholds-service"
    assert restart in cluster("thresholds/deploy.sh", DEPLOYED="1")[2]
    assert restart not in cluster("thresholds/deploy.sh")[2]


def test_the_last_migrations_are_deleted_before_the_next_are_applied(cluster):
    status, _, calls = cluster("migrations/deploy.sh")
    assert status == 0
    deleted = calls.index("--namespace flet-montrg delete job migrations --ignore-not-found")
    assert deleted < calls.index("apply -f migrations/")


@pytest.mark.parametrize("missing", ["migrations-secret", "alert-history-service-secret"])
def test_migrations_without_a_secret_are_not_started(cluster, missing):
    status, said, calls = cluster("migrations/deploy.sh", MISSING=missing)
    assert status == 1
    assert missing in said
    assert "apply -f migrations/" not in calls


def test_migrations_that_fail_are_a_failure_and_their_log_is_shown(cluster):
    status, said, _ = cluster("migrations/deploy.sh", JOB="Failed", MIGRATIONS="the login is refused")
    assert status == 1
    assert "migrations: the login is refused" in said
    assert "the migrations failed" in said


def test_migrations_that_have_no_pod_yet_say_why(cluster):
    assert "migrations: no such Secret" in cluster("migrations/deploy.sh", OBSTACLE="no such Secret")[1]


@pytest.fixture
def bare(tmp_path):
    """Runs a script where there is nothing but the programs that it is given; returns its exit code and what it said.

    The stand-ins write down how they are called, and what kind is told of its engine.
    """
    folder, calls = tmp_path / "programs", tmp_path / "calls"
    folder.mkdir()
    for program in ("bash", "cat", "dirname", "grep", "mktemp", "rm", "sed"):
        (folder / program).symlink_to(str(shutil.which(program)))

    def run(words: str, *programs: str, version: str = "Docker version 30.1.0") -> tuple[int, str, list[str]]:
        for program in programs:
            text = (
                f'#!/usr/bin/env bash\necho "{program} $* ${{KIND_EXPERIMENTAL_PROVIDER:-}}" >>"{calls}"\n'
                f'[[ $1 != --version ]] || echo "{version}"\n'
            )
            (folder / program).write_text(text, encoding="utf-8")
            (folder / program).chmod(0o755)
        environment = {"PATH": str(folder), "TMPDIR": str(tmp_path)}
        command = ["bash", "-euo", "pipefail", "-c", words]
        done = subprocess.run(
            command, env=environment, cwd=K8S, capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stderr, calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []

    return run


@pytest.mark.parametrize("script", ["create.sh", "redeploy.sh", "delete.sh"])
def test_a_program_that_is_missing_is_named_before_anything_is_done(bare, script):
    assert bare(f"./{script}", "docker", "kubectl", "make") == (
        1, "kind is not installed; docs/deploy.md says where it comes from\n", [],
    )  # fmt: skip


@pytest.mark.parametrize("script", ["create.sh", "redeploy.sh", "delete.sh"])
def test_without_an_engine_that_runs_nothing_is_done(bare, script):
    status, said, calls = bare(f"./{script}", "kind", "kubectl", "make")
    assert (status, calls) == (1, [])
    assert "neither docker nor podman runs here" in said


@pytest.mark.parametrize(
    ("program", "version", "provider", "is_podman"),
    [
        ("docker", "Docker version 30.1.0", "", False),
        ("podman", "podman version 6.0.0", "podman", True),
        ("docker", "podman version 6.0.0", "podman", True),
    ],
    ids=["docker", "podman", "podman that is called docker"],
)
def test_images_get_onto_the_node_under_the_names_that_kubernetes_gives_them(
    bare, program, version, provider, is_podman
):
    status, said, calls = bare("source lib.sh; use_engine; load_images", program, "kind", version=version)
    assert (status, said) == (0, "")
    (saved,) = [call for call in calls if call.startswith(f"{program} save")]
    names = [f"docker.io/flet-montrg/{name}:latest" for name in (*HOSTS, "envoy", "montrg", "postgres")]
    assert [word for word in saved.split() if word.startswith("docker.io/")] == names
    assert ("--multi-image-archive" in saved) is is_podman
    tagged = [call.split()[-2] for call in calls if call.startswith(f"{program} tag")]
    assert tagged == (names if is_podman else [])
    (loaded,) = [call for call in calls if call.startswith("kind load")]
    assert loaded.partition("--name flet-montrg")[2].strip() == provider


def test_every_script_can_be_run():
    scripts = [path for path in K8S.rglob("*.sh") if path.name != "lib.sh" and path.parent.name != "template"]
    assert len(scripts) == len(SERVICES) + 6
    assert [path for path in scripts if not os.access(path, os.X_OK)] == []
    assert all(Path(path).read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n") for path in scripts)
