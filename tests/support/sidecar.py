"""The Envoy of a pod as `montrg envoy sidecar` runs it, but that it asks a test's name server: SERVICE PORT [FILE]."""

import dataclasses
import sys
from pathlib import Path

from services.common.settings import Environment
from services.mesh.deployed import sidecar
from services.mesh.foreground import run
from services.mesh.options import ROOT
from services.mesh.render import render_config, to_yaml, write_config
from tests.support.names import ask


def main(service, names, file=None):
    deployed = sidecar(service, Environment())
    if file is None:
        return run(deployed, [sys.executable, "-m", "tests.support.sidecar", service, names])
    options = dataclasses.replace(deployed.options.written_to(Path(file).parent), root=ROOT)
    # The files that it names, too.
    write_config(options, Path(file))
    rendered = render_config(options)
    ask(rendered, int(names))
    Path(file).write_text(to_yaml(rendered), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
