"""`python -m services.mesh render`: writes Envoy's configuration."""

import argparse
from pathlib import Path

from services.mesh.options import RenderOptions
from services.mesh.render import RENDERED, write_config


def main() -> None:
    """Renders the configuration that the arguments describe."""
    parser = argparse.ArgumentParser(prog="python -m services.mesh", description=__doc__)
    render = parser.add_subparsers(dest="command", required=True).add_parser("render", help="write the configuration")
    defaults = RenderOptions()
    render.add_argument("--out", type=Path, default=RENDERED, help="the file to write (default: %(default)s)")
    render.add_argument("--listen", default=defaults.listen_address, help="address of the REST ports (%(default)s)")
    render.add_argument("--admin-port", type=int, default=defaults.admin_port, help="admin port (%(default)s)")
    render.add_argument("--access-log", type=Path, help="file for one JSON line a request (default: none)")
    render.add_argument("--root", type=Path, default=defaults.root, help="put before every path (default: relative)")
    arguments = parser.parse_args()
    options = RenderOptions(
        listen_address=arguments.listen,
        admin_port=arguments.admin_port,
        access_log=arguments.access_log,
        root=arguments.root,
    )
    write_config(options, arguments.out)


if __name__ == "__main__":
    main()
