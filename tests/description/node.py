"""What tests need of npm, fetched once: a directory is complete once it has its name."""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from adapters.kafka.artifacts import default_cache

INSTALL = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
NEED = "No Node 20 with npm on the PATH: the Node consumer and the AsyncAPI parser are not run."


def node_directory(folder: Path) -> Path:
    """A copy of a folder with package.json and scripts, with what the package.json names beside them."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip(NEED)  # consumers in Node are for machines that have it; the reason is printed
    files = sorted(path for path in folder.iterdir() if path.suffix in (".json", ".mjs"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    directory = default_cache() / f"npm-{folder.name}-{digest[:12]}"
    directory.parent.mkdir(parents=True, exist_ok=True)
    with directory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.is_dir():
            _install(files, directory)
    return directory


def _install(files: list[Path], directory: Path) -> None:
    with tempfile.TemporaryDirectory(dir=directory.parent) as half:
        work = Path(half) / directory.name
        work.mkdir()
        for path in files:
            shutil.copy(path, work)
        done = subprocess.run(INSTALL, cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            pytest.fail(f"npm could not install what {directory.name} needs: {done.stderr[-1000:]}")
        work.rename(directory)
