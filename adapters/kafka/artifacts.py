"""The servers that run where there is no container engine, fetched as Java packages by Maven.

Their names are the profiles of `broker/pom.xml`. Nothing is fetched twice: a directory in the cache is
complete once it has its name, and the name holds the digest of the pom.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
POM = PROJECT / "broker" / "pom.xml"
KAFKA = "kafka-4.3.1"
KAFKA_BEFORE = "kafka-3.9.1"
POSTGRES = "postgres-18.0.0"
OLDEST_JAVA = 17


class FetchFailed(Exception):
    """Maven could not bring the packages; the message holds its last words."""


def default_cache() -> Path:
    return Path(os.environ.get("ORDERTRAIL_CACHE") or PROJECT / ".ordertrail" / "cache")


def missing(name: str = KAFKA, cache: Path | None = None) -> str | None:
    """One sentence saying what this machine lacks to fetch or run `name`; None: nothing."""
    if name != POSTGRES and (lack := _java_lack()):
        return lack
    if _directory(name, cache or default_cache()).is_dir():
        return None
    if not shutil.which("mvn"):
        return f"Maven is needed to fetch {name} once: install it (Debian: maven) so that mvn is on the PATH."
    return None


def fetch(name: str = KAFKA, cache: Path | None = None) -> Path:
    """The directory with the jars of a profile of the pom, fetched if need be. Raises FetchFailed."""
    directory = _directory(name, cache or default_cache())
    if directory.is_dir():
        return directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    with _locked(directory.parent / f"{name}.lock"):
        if not directory.is_dir():
            _bring(name, directory)
    return directory


def _directory(name: str, cache: Path) -> Path:
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()
    return cache / f"{name}-{digest[:12]}"


def _bring(name: str, directory: Path) -> None:
    half = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=directory.parent))
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={half}"]
    command = ["mvn", "-q", "-B", "-f", str(POM), "-P", name, *goal]
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode or not any(half.glob("*.jar")):
            words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
            raise FetchFailed(f"Maven could not fetch {name}: {words}")
        half.chmod(0o755)  # servers may run as another user
        half.rename(directory)
    except FileNotFoundError as error:
        raise FetchFailed(missing(name, directory.parent) or str(error)) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _java_lack() -> str | None:
    need = f"Java {OLDEST_JAVA} or newer is needed to run Kafka"
    if not shutil.which("java"):
        return f"{need}: install it so that java is on the PATH."
    said = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    major = re.search(r'version "(?:1\.)?(\d+)', said)
    if major is None or int(major[1]) < OLDEST_JAVA:
        return f"{need}: the java on the PATH says {said.strip() or 'nothing'!r}."
    return None
