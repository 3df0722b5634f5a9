"""How programs of our own call a mesh from outside, through Envoy, as any client."""

from pathlib import Path

from services import catalog
from services.certs.places import authorities_file
from services.common.channels import Target
from services.common.settings import SECURE, Environment, port_offset, profile
from services.common.tls import Authorities


def outside_target(name: str, environment: Environment, data_dir: Path) -> Target:
    """Returns where Envoy serves a service, by its name in the catalog: by default on this machine.

    In the secure profile it is believed whoever an authority in MONTRG_CA_FILE has signed, by default the authority of
    the mesh in the data folder.
    """
    default = f"127.0.0.1:{catalog.service(name).rest_port + port_offset(environment)}"
    address = environment.target(f"{name.upper()}_SERVICE_URL", default)
    if profile(environment) != SECURE:
        return Target(address)
    return Target(address, Authorities(Path(environment.text("CA_FILE", str(authorities_file(data_dir))))))
