"""A real Apache Kafka broker on this machine: for the demo, tests and benchmarks.

From a shell: `python -m adapters.kafka.broker --data DIR` prints its address and serves until told to stop.
"""

import asyncio
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import click
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from adapters.kafka import artifacts

HOST = "127.0.0.1"
DATA = artifacts.PROJECT / ".ordertrail" / "kafka"
KAFKAS = [artifacts.KAFKA, artifacts.KAFKA_BEFORE]
FAST = "broker.session.timeout.ms=1500\nbroker.heartbeat.interval.ms=300\n"
GUARD = 'read _; kill -TERM "$0"; sleep 10; kill -KILL "$0"'
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


class BrokerFailed(Exception):
    """The broker ended or did not answer in time; the message holds the end of its log."""


class Broker:
    """One node on one data directory; `launch` may be called again after `stop` or `kill`."""

    def __init__(self, libraries: Path, data: Path, *, port: int | None = None, fast: bool = True) -> None:
        self._libraries = libraries
        self.data = data.resolve()
        self._fast = fast
        self._port = port or _earlier_port(self.data) or _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def launch(self, *, timeout: float = 60) -> None:
        """Starts the broker and returns once an admin call answers. Raises BrokerFailed; blocks."""
        self._configure()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._properties)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._guard = guarded(self._process.pid)
        self._await_answer(time.monotonic() + timeout)

    def stop(self, *, timeout: float = 30) -> None:
        """SIGTERM, and SIGKILL for one that does not end in time (seconds)."""
        self._end(signal.SIGTERM, timeout)

    def kill(self) -> None:
        """SIGKILL: what a power cut looks like to a process."""
        self._end(signal.SIGKILL, 10)

    def _end(self, how: signal.Signals, timeout: float) -> None:
        process, guard, self._process, self._guard = self._process, self._guard, None, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            _dismiss(guard)

    @property
    def _properties(self) -> Path:
        return self.data / "server.properties"

    @property
    def _log(self) -> Path:
        return self.data / "broker.log"

    def _configure(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        logs = self.data / "logs"
        text = PROPERTIES.format(host=HOST, port=self._port, controller=_free_port(), logs=logs)
        self._properties.write_text(text + (FAST if self._fast else ""))
        if (logs / "meta.properties").exists():
            return
        cluster = "o" + secrets.token_urlsafe(16)[:20] + "A"  # 16 bytes in base64, never a leading dash
        format_ = ["format", "-t", cluster, "-c", str(self._properties)]
        done = subprocess.run(self._java("kafka.tools.StorageTool", *format_), capture_output=True, text=True)
        if done.returncode:
            raise BrokerFailed(f"Kafka could not format {logs}: {(done.stdout + done.stderr)[-500:]}")

    def _java(self, main: str, *arguments: str) -> list[str]:
        quick = ["-XX:TieredStopAtLevel=1"] if self._fast else []
        options = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-Dlog4j2.level=WARN", *quick]
        return ["java", *options, "-cp", f"{self._libraries}/*", main, *arguments]

    def _await_answer(self, deadline: float) -> None:
        while not _answers(self.bootstrap):
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                said = self._log.read_text(errors="replace")[-1000:]
                raise BrokerFailed(f"Kafka did not come up on {self.bootstrap}: {said}")
            time.sleep(0.1)  # a broker has no other way to say that it is up


def start(
    data: Path,
    *,
    cache: Path | None = None,
    kafka: str = artifacts.KAFKA,
    port: int | None = None,
    fast: bool = True,
) -> Broker:
    """A running broker. Blocks for seconds; from asyncio use a thread. Raises FetchFailed, BrokerFailed."""
    broker = Broker(artifacts.fetch(kafka, cache), data, port=port, fast=fast)
    broker.launch()
    return broker


@contextmanager
def running(data: Path, *, cache: Path | None = None, fast: bool = True) -> Iterator[Broker]:
    broker = start(data, cache=cache, fast=fast)
    try:
        yield broker
    finally:
        broker.stop()


def guarded(pid: int) -> subprocess.Popen[bytes]:
    """A child that ends process `pid` when this one is gone, however it went: their pipe closes then."""
    silent = subprocess.DEVNULL
    command = ["sh", "-c", GUARD, str(pid)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=silent, stderr=silent, start_new_session=True
    )


def _dismiss(guard: subprocess.Popen[bytes] | None) -> None:
    if guard is None:
        return
    guard.kill()
    guard.wait()
    if guard.stdin:
        guard.stdin.close()


def _answers(bootstrap: str) -> bool:
    host, port = bootstrap.split(":")
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((host, int(port))):
            return False
    with ThreadPoolExecutor(1) as thread:  # the caller may have a running event loop of its own
        return thread.submit(asyncio.run, _described(bootstrap)).result()


async def _described(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _earlier_port(data: Path) -> int | None:
    properties = data / "server.properties"
    if not properties.exists():
        return None
    found = re.search(r"^listeners=PLAINTEXT://[^:]+:(\d+)", properties.read_text(), re.MULTILINE)
    with socket.socket() as probe:
        taken = found is None or probe.connect_ex((HOST, int(found[1]))) == 0
    return None if found is None or taken else int(found[1])


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA)
@click.option("--cache", type=click.Path(path_type=Path), default=None, help="Where fetched jars are kept.")
@click.option(
    "--kafka", type=click.Choice([artifacts.KAFKA, artifacts.KAFKA_BEFORE]), default=artifacts.KAFKA
)
@click.option("--port", type=int, default=None)
@click.option("--fast/--defaults", default=True, help="Short broker session: restarts in 4 s, not 13.")
def main(data: Path, cache: Path | None, kafka: str, port: int | None, fast: bool) -> None:
    """Starts Kafka, prints its address and serves until SIGTERM or Ctrl-C."""
    if lack := artifacts.missing(kafka, cache):
        raise click.ClickException(lack)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    broker = start(data, cache=cache, kafka=kafka, port=port, fast=fast)
    try:
        click.echo(broker.bootstrap)
        while True:
            signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        broker.stop()


if __name__ == "__main__":
    main()
