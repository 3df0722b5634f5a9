"""Compiles what a program imports, so that a container starts quickly although it may write nothing.

`python -m services.images.bytecode KIND` writes below PYTHONPYCACHEPREFIX, one folder beside everything else. Files
that are never imported stay text, which keeps an image a tenth smaller. The bytecode is bound to no time stamp: it is
the same for the same source, and it is not compared with it.
"""

import compileall
import importlib
import sys
from py_compile import PycInvalidationMode

from services.catalog import SERVICES

_SERVICES = tuple(f"services.{service.name}.app" for service in SERVICES)
_EVERY = ("services.cli.main", "services.cli.commands")
PROGRAMS = {
    "service": (*_EVERY, *_SERVICES, "services.cli.database", "services.common.migrations.waiting"),
    "cli": (
        *_EVERY,
        "services.cli.database",
        "services.common.migrations.waiting",
        "services.local.roles",
        "services.local.certificates",
        # What the migrations' scripts import.
        "services.common.reading_log",
        "services.common.neighbours",
        "services.common.revisions",
        "services.replay.app",
        "services.replay.progress",
    ),
    "envoy": (*_EVERY, "services.cli.envoy", "services.mesh.foreground", "services.mesh.render", "services.mesh.admin"),
    "postgres": ("services.local.container",),
}


def compile_imported(kind: str) -> None:
    """Imports what a kind of image runs and compiles every file that this takes, the standard library's too."""
    for name in PROGRAMS[kind]:
        importlib.import_module(name)
    found = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    for path in sorted(path for path in found if path.endswith(".py")):
        if not compileall.compile_file(path, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH):
            raise SystemExit(f"{path} cannot be compiled")


if __name__ == "__main__":
    compile_imported(sys.argv[1])
