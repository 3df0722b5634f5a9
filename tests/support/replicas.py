"""Replicas of a service as processes of their own, which a test can kill."""

import os
import subprocess
import sys
from contextlib import contextmanager

from services.mesh.options import ROOT
from tests.conftest import service_url


class Replicas:
    """The processes, and what they log."""

    def __init__(self, admin_url, name, folder, **variables):
        own = {"MONTRG_DATABASE_URL": service_url(admin_url, name), "MONTRG_PORT": "0"}
        self._environment = os.environ | own | variables
        self._name = name
        self._log = folder / f"{name}.log"
        self._all = []

    def start(self):
        """Starts one more."""
        with self._log.open("ab") as output:
            argv = [sys.executable, "-m", f"services.{self._name}"]
            self._all.append(subprocess.Popen(argv, cwd=ROOT, env=self._environment, stderr=output))
        return self._all[-1]

    def log(self):
        return self._log.read_text()

    def close(self):
        for replica in self._all:
            replica.kill()
            replica.wait()


@contextmanager
def replicas_of(admin_url, name, folder, **variables):
    """Replicas of a service, none yet; what is still there at the end is killed."""
    replicas = Replicas(admin_url, name, folder, **variables)
    try:
        yield replicas
    finally:
        replicas.close()
