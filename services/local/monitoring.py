"""Writes what a Prometheus of this machine needs to watch the mesh that `montrg up` runs."""

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from services.certs.places import authorities_file
from services.common.settings import SettingsError
from services.local.settings import HOST, LocalSettings
from services.mesh.options import ROOT
from services.runbooks import ADDRESS, linked_files

# A cluster's, of which one machine has but the way to the figures otherwise.
SOURCE = ROOT / "k8s" / "components" / "monitoring"
RULES = SOURCE / "prometheus" / "rules"
DASHBOARDS = SOURCE / "grafana" / "dashboards"
FILE = "prometheus.yml"


def configuration(settings: LocalSettings) -> dict[str, Any]:
    """Returns Prometheus' configuration, which names the rules beside it. It is one file: older ones read no pieces."""
    shared = yaml.safe_load((SOURCE / "prometheus" / FILE).read_text(encoding="utf-8"))
    address = f"{HOST}:{settings.status_port}"
    trust: dict[str, Any] = {}
    if settings.is_secure:
        trust = {"tls_config": {"ca_file": str(authorities_file(settings.data_dir))}}
    envoy = {"job_name": "envoy", "metrics_path": "/stats/prometheus", "static_configs": [{"targets": [address]}]}
    found = {"url": f"{settings.scheme}://{address}/targets", "refresh_interval": "10s", **trust}
    processes = {"job_name": "montrg", "metrics_path": "/metrics", "http_sd_configs": [found]}
    return {
        "global": shared["global"],
        "rule_files": shared["rule_files"],
        "scrape_configs": [{**job, "scheme": settings.scheme, **trust} for job in (envoy, processes)],
    }


def command(file: Path) -> list[str]:
    """Returns what Prometheus is started by with a configuration; it keeps what it knows beside it."""
    return [
        "prometheus",
        f"--config.file={file}",
        f"--storage.tsdb.path={file.parent / 'data'}",
        # Without it the traces that measured times lead to are dropped.
        "--enable-feature=exemplar-storage",
    ]


def write(settings: LocalSettings, folder: Path, runbooks: str = "") -> Path:
    """Writes the configuration, the rules and the dashboards into a folder, and returns the configuration's path.

    `runbooks` is the address from which alerts lead to their pages; without one they lead to the files of the checkout.
    """
    if not RULES.is_dir():
        raise SettingsError(f"there are no rules in {RULES}; run this in a checkout of the project")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise SettingsError(f"DIR is {folder}, which is no folder; give one, which is made if it is missing") from error
    for source in (RULES, DASHBOARDS):
        shutil.copytree(source, folder / source.name, dirs_exist_ok=True)
    address = runbooks or (ROOT / "docs" / "runbooks").as_uri()
    for rules, text in linked_files(folder / RULES.name, address).items():
        rules.write_text(text, encoding="utf-8")
    for board in (folder / DASHBOARDS.name).glob("*.json"):
        text = board.read_text(encoding="utf-8").replace(json.dumps(ADDRESS), json.dumps(address))
        board.write_text(text, encoding="utf-8")
    file = folder / FILE
    file.write_text(yaml.safe_dump(configuration(settings), sort_keys=False), encoding="utf-8")
    return file
