import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.kafka import artifacts
from adapters.kafka.broker import Broker, BrokerFailed


def test_a_machine_without_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert artifacts.missing() == (
        "Java 17 or newer is needed to run Kafka: install it so that java is on the PATH."
    )


def test_a_machine_without_maven_needs_it_only_to_fetch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert "Maven is needed" in (artifacts.missing(artifacts.POSTGRES, tmp_path) or "")
    with pytest.raises(artifacts.FetchFailed, match="Maven is needed to fetch postgres"):
        artifacts.fetch(artifacts.POSTGRES, tmp_path)


MAVEN = """#!/bin/sh
echo called >> "$CALLS"
/bin/sleep 0.3
for word; do case $word in -DoutputDirectory=*) echo jar > "${word#*=}/server.jar";; esac; done
"""


def test_two_that_fetch_at_once_fetch_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maven = tmp_path / "mvn"
    maven.write_text(MAVEN)
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(artifacts.fetch, [artifacts.POSTGRES] * 2, [tmp_path / "cache"] * 2))

    assert found[0] == found[1]
    assert [jar.name for jar in found[0].iterdir()] == ["server.jar"]
    assert (tmp_path / "calls").read_text() == "called\n"


def test_a_broker_comes_back_where_it_was_unless_that_is_taken(tmp_path: Path) -> None:
    first = Broker(tmp_path, tmp_path)
    host, port = first.bootstrap.split(":")
    (tmp_path / "server.properties").write_text(f"node.id=1\nlisteners=PLAINTEXT://{first.bootstrap},X://\n")

    assert Broker(tmp_path, tmp_path).bootstrap == first.bootstrap

    with socket.create_server((host, int(port))):
        assert Broker(tmp_path, tmp_path).bootstrap != first.bootstrap


def test_a_broker_that_cannot_run_says_why(kafka: str, tmp_path: Path) -> None:
    broker = Broker(tmp_path / "no-jars", tmp_path / "data")

    with pytest.raises(BrokerFailed, match=r"kafka\.tools\.StorageTool"):
        broker.launch()


def test_a_broker_ends_with_the_process_that_started_it() -> None:
    code = (
        "import subprocess; from adapters.kafka.broker import guarded;"
        "child = subprocess.Popen(['sleep', '60']); guard = guarded(child.pid);"
        "print(child.pid, flush=True); input()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe) as starter:
        assert starter.stdout
        pid = int(starter.stdout.readline())
        starter.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 15
    while alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)  # another process's end sets no event


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
