"""What the scripts do in which order, and what they say when something is missing, with a stand-in for kubectl.

There is no cluster here: the stand-in writes down how it is called and answers what a cluster would.
"""

import os
import subprocess
from pathlib import Path

import pytest

from services.catalog import SERVICES
from services.manifests import folder
from tests.deploy.conftest import K8S

KUBECTL = r"""#!/usr/bin/env bash
echo "$*" >>"$CALLS"
words=$*
case $words in
  *"get secret"*) for name in $MISSING; do [[ $words == *"get secret $name "* ]] && exit 1; done; exit 0 ;;
  *"get job"*) echo "$JOB" ;;
  *"get configmap"*) wc -l <"$CALLS" ;;
  *"get deployment "*) echo "$DEPLOYED" ;;
  *"rollout status"*) exit "$ROLLOUT" ;;
  *logs*wait-for-database*) echo "no schema thresholds yet" ;;
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
        environment = os.environ | given | answers | {"CALLS": str(calls), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        command = [str(K8S / script)]
        done = subprocess.run(
            command, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stderr, calls.read_text(encoding="utf-8").splitlines()

    return run


@pytest.mark.parametrize("service", SERVICES, ids=folder)
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
    status, said, _ = cluster("thresholds/deploy.sh", ROLLOUT="1")
    assert status == 1
    assert "thresholds-service waits for its database" in said
    assert "k8s/migrations/deploy.sh" in said
    assert "no schema thresholds yet" in said


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


def test_migrations_that_fail_are_a_failure(cluster):
    status, said, _ = cluster("migrations/deploy.sh", JOB="Failed")
    assert status == 1
    assert "the migrations failed" in said


def test_every_script_can_be_run():
    scripts = [path for path in K8S.rglob("*.sh") if path.name != "lib.sh" and path.parent.name != "template"]
    assert len(scripts) == len(SERVICES) + 5
    assert [path for path in scripts if not os.access(path, os.X_OK)] == []
    assert all(Path(path).read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n") for path in scripts)
