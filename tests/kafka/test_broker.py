import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.kafka import artifacts, topics
from adapters.kafka.broker import Broker


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


@pytest.mark.anyio
async def test_a_broker_keeps_its_address_and_topics_over_stop_and_start(frail: Broker) -> None:
    await topics.ensure(frail.bootstrap, prefix="kept.")
    frail.stop()

    again = Broker(artifacts.fetch(), frail.data)
    again.launch()

    try:
        states = await topics.describe(again.bootstrap, prefix="kept.")
        assert again.bootstrap == frail.bootstrap
        assert not any(state.differences for state in states)
    finally:
        again.stop()
        frail.launch()


def test_a_broker_ends_with_the_process_that_started_it(kafka: str, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from adapters.kafka import broker;"
        "print(broker.start(Path(sys.argv[1])).pid, flush=True); input()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=pipe, stdout=pipe) as starter:
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
