"""`python -m services.mesh`: writes the configurations that are committed, which is a part of `make generate`."""

from services.mesh.deployed import committed
from services.mesh.render import write_config


def main() -> None:
    """Writes each of them."""
    for destination, options in committed().items():
        write_config(options, destination)


if __name__ == "__main__":
    main()
