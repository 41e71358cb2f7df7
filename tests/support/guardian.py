"""Wait for the end of a test run, then stop its PostgreSQL servers and remove its folder.

Started by ``postgres.py`` as a process of its own, so that it outlives a killed pytest.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


def main(folder: Path) -> None:
    with (folder / "alive").open("rb+") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
    for server in (*folder.glob("*/data"), *folder.glob("*/*/data")):  # of tests that were killed
        stop_server(server / "postmaster.pid")
    unmount_disks(folder)
    shutil.rmtree(folder, ignore_errors=True)


def stop_server(pid_file: Path) -> None:
    """Tell the server to stop at once (SIGQUIT) and wait until its pid file is gone."""
    try:
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
    except (FileNotFoundError, ProcessLookupError):
        return
    for _ in range(100):
        if not pid_file.exists():
            return
        time.sleep(0.05)


def unmount_disks(folder: Path) -> None:
    """Take away the small disks of tests that were killed."""
    for place in folder.glob("disk_*"):
        subprocess.run(["umount", "--lazy", str(place)], stderr=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
