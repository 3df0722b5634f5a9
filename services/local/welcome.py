"""What `montrg up` says once everything runs: where it is, lines to paste, and what its profile protects."""

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from services.catalog import GATEWAY, SERVICES
from services.certs.places import authorities_file
from services.local.settings import HOST, LocalSettings, read_settings

_TRY = """
Try:
  {curl} '{url}:{thresholds}/api/v1/thresholds/'
  {curl} '{url}:{realtime}/api/v1/realtime/'
  {curl} '{url}:{aggregation}/api/v1/aggregation/pcv_temperature/?start_date={year}'
  {curl} '{url}:{alert}/api/v1/alerts/'
  {curl} -X POST '{url}:{location}/api/v1/locations/' -H 'content-type: application/json' \\
    -d '{{"loc_id": "my-line", "plant": "Busan", "factory": "Press", "building": "A", "floor": 1, "area": "Line 1"}}'
"""
_SIGN_IN = """
Sign in first, in the terminal in which you try it; it lasts 12 hours:
  export TOKEN=$({montrg} token --name me --role engineer --factories '*')

Browsers and other clients have to trust {authorities}; /docs takes the token at Authorize.
"""
_OPEN = "Profile dev: no login and no TLS, on the loopback address only. Ctrl-C stops it; data stay."
_SECURE = "Profile secure: TLS everywhere, no call without a token or a key. Ctrl-C stops it; data stay."


def welcome(settings: LocalSettings) -> str:
    """Returns the addresses, some lines to try, and what this profile does not protect."""
    url, ports = f"{settings.scheme}://{HOST}", {each.name: settings.rest_port(each) for each in SERVICES}
    gateway = f"{url}:{settings.gateway_port}/"
    lines = ["", f"{GATEWAY.title:<24}{gateway}  (and every API of those below: {gateway}docs)"]
    for service in SERVICES:
        port = ports[service.name]
        lines.append(f"{service.title:<24}{url}:{port}/docs  (REST, gRPC and gRPC-Web on {HOST}:{port})")
    lines.append(f"{'Metrics for Prometheus':<24}{url}:{settings.status_port}/targets  (of Envoy: /stats/prometheus)")
    curl = "curl"
    if settings.is_secure:
        authorities = shlex.quote(str(authorities_file(settings.data_dir)))
        lines.append(_SIGN_IN.format(montrg=_montrg(settings), authorities=authorities).rstrip("\n"))
        curl = f'curl --cacert {authorities} -H "authorization: Bearer $TOKEN"'
    lines.append(_TRY.format(url=url, curl=curl, year=datetime.now(UTC).year, **ports))
    lines.append(_SECURE if settings.is_secure else _OPEN)
    return "\n".join(lines)


def _montrg(settings: LocalSettings) -> str:
    """Returns the command as it works in any folder, and of this mesh."""
    command = shlex.quote(str(Path(sys.executable).with_name("montrg")))
    if settings.data_dir == read_settings({}).data_dir:
        return command
    return f"MONTRG_DATA_DIR={shlex.quote(str(settings.data_dir))} {command}"
