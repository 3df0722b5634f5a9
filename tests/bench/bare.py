"""A bare asyncio HTTP server that gives the same bytes to every request: how fast Python can answer at all.

`python -m tests.bench.bare <port> <file with the answer>` is what its process runs.
"""

import asyncio
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def bare_server(port, answer, folder):
    """Serves the bytes, head and body, until the block ends."""
    file = folder / "answer"
    file.write_bytes(answer)
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bare", str(port), str(file)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 10
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < deadline, "the bare server did not start"
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)


async def _serve(port, answer):
    async def talk(reader, writer):
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
