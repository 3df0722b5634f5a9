"""What `montrg token` does: gives out tokens of a mesh without an identity provider of its own, and changes its key."""

import argparse
import sys
from datetime import UTC, datetime

EPILOG = """
Only the token is printed: TOKEN=$(montrg token --name kim --role viewer --factories '*'). Who has it may do what it
says until it ends; nothing takes a single token back. --new-key has a new key sign, which Envoy follows within two
seconds; what earlier keys have signed lasts until it ends, or with --revoke ends now, every token of everybody.

roles, each of which may do what the ones before it may:
  viewer     reads           operator   handles alerts, and sends readings
  engineer   sets limits, places, sensors, subscriptions     admin   mends history, and sees how the services run

settings (environment):
  MONTRG_DATA_DIR   the key is in its folder `issuer` (default: .data in the project's folder)
  MONTRG_ROLE_CLAIM, MONTRG_FACTORIES_CLAIM, MONTRG_NAME_CLAIM   as the services have them
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Adds what the command takes."""
    command.add_argument("--name", help="who it is for, as the history is to tell")
    command.add_argument("--role", help="viewer, operator, engineer or admin")
    command.add_argument(
        "--factories",
        nargs="+",
        default=[],
        metavar="FACTORY",
        help="what they may see: names of factories, 'plant > factory', 'plant > *', or '*' for all",
    )
    command.add_argument("--hours", type=float, default=12, help="how long it lasts (default: 12, at most 720)")
    command.add_argument("--new-key", action="store_true", help="have a new key sign from now on")
    command.add_argument("--revoke", action="store_true", help="with --new-key: end all tokens of earlier keys")


def token(arguments: argparse.Namespace) -> int:
    """Prints a token, makes a new key, or both."""
    from services.common.access.wiring import claim_names
    from services.common.settings import Environment, SettingsError
    from services.issuer import domain, keys
    from services.local.settings import read_settings

    if arguments.revoke and not arguments.new_key:
        raise SettingsError("--revoke: ends the tokens of earlier keys, so it needs --new-key")
    data_dir, now = read_settings().data_dir, datetime.now(UTC)
    wanted = not arguments.new_key or any((arguments.name, arguments.role, arguments.factories))
    # First, so that nothing has changed where a word is wrong.
    who = domain.grantee(arguments.name or "", arguments.role or "", arguments.factories) if wanted else None
    lasts = domain.life(arguments.hours)
    if arguments.new_key:
        issuer = keys.new_key(data_dir, now, alone=arguments.revoke)
        until = "no longer count" if arguments.revoke else "last until they end"
        print(f"a new key signs; tokens of earlier ones {until}", file=sys.stderr)
    else:
        issuer = keys.issuer(data_dir, now)
    if who is not None:
        print(issuer.token(who, claim_names(Environment()), now, lasts))
    return 0
