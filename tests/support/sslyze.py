"""sslyze, which looks for weak spots in TLS."""

import json
import shutil
import subprocess
from contextlib import contextmanager

from services.mesh.options import ROOT

# In surroundings of its own; `make test` installs it.
SSLYZE = ROOT / ".venv" / "sslyze" / "bin" / "sslyze"
SCANS = (
    "sslv2",
    "sslv3",
    "tlsv1",
    "tlsv1_1",
    "tlsv1_2",
    "tlsv1_3",
    "compression",
    "heartbleed",
    "openssl_ccs",
    "reneg",
)
OLD = ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1")
PATIENCE_S = 120


@contextmanager
def scanning(ports, certs, folder):
    """Scans ports of this machine, showing the certificate in `certs`; it is stopped where the block ends sooner."""
    # It reads them again and again, and another pair may be there by then.
    own, file = shutil.copytree(certs, folder / "shown"), folder / "sslyze.json"
    targets = [f"127.0.0.1:{port}" for port in ports]
    shown = ("--cert", own / "tls.crt", "--key", own / "tls.key")
    scans = [f"--{scan}" for scan in SCANS]
    command = [SSLYZE, *shown, *scans, "--mozilla_config=disable", "--quiet", f"--json_out={file}", *targets]
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    try:
        yield process, file
    finally:
        process.kill()
        process.wait()


def found_by(scan):
    """What a scan found at each port, once it has ended."""
    process, file = scan
    assert process.wait(PATIENCE_S) == 0
    results = json.loads(file.read_text())["server_scan_results"]
    return {result["server_location"]["port"]: result["scan_result"] for result in results}
