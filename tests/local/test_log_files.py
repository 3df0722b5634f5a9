"""The log files of a mesh that runs for long stay small, and nothing that was written is missing."""

import sys
import time

from services.local.children import spawn
from services.local.log_files import rotate

# Writes numbered lines as fast as it can, by threads of its own.
WRITER = """
import os, threading
def write(thread):
    for number in range(60_000):
        os.write(2, f"{thread} {number}\\n".encode())
threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
[t.start() for t in threads]; [t.join() for t in threads]
"""


def test_what_is_written_while_files_are_moved_is_all_there(tmp_path):
    log = tmp_path / "writer.log"
    process = spawn([sys.executable, "-c", WRITER], log=log)
    parts, moved = [], log.with_name("writer.log.1")
    while process.poll() is None:
        if rotate(process, log, limit=100_000):
            parts.append(moved.read_text())
        time.sleep(0.005)
    lines = "".join([*parts, log.read_text()]).splitlines()
    assert len(parts) > 1
    for thread in "012":
        assert [int(line[2:]) for line in lines if line[0] == thread] == list(range(60_000))
    assert not log.with_name("writer.log.new").exists()


def test_a_small_file_and_one_of_a_process_that_has_ended_are_left_alone(tmp_path):
    log = tmp_path / "writer.log"
    process = spawn([sys.executable, "-c", "print('x' * 1000)"], log=log)
    assert not rotate(process, log)
    process.wait(30)
    assert not rotate(process, log, limit=10)
    assert log.stat().st_size == 1001
    assert [path.name for path in tmp_path.iterdir()] == [log.name]
    assert process.returncode == 0


def test_a_full_disk_leaves_the_file_as_it_is(tmp_path):
    log = tmp_path / "writer.log"
    process = spawn([sys.executable, "-c", "import time; print('x' * 1000, flush=True); time.sleep(60)"], log=log)
    log.with_name("writer.log.new").symlink_to("/dev/full")
    while not log.stat().st_size:
        time.sleep(0.01)
    assert not rotate(process, log, limit=10)
    assert log.read_text() == "x" * 1000 + "\n"
    assert [path.name for path in tmp_path.iterdir()] == [log.name]
    process.terminate()
    process.wait(10)
