"""Kafka's console consumer, whose package Maven fetches once, beside the broker's own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.kafka import artifacts

VERSION = artifacts.KAFKA.removeprefix("kafka-")
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy"
CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"


def console_consumer() -> list[str]:
    """The command that the script kafka-console-consumer.sh amounts to."""
    tools = _tools()
    return ["java", "-cp", f"{tools}:{artifacts.fetch()}/*", CONSUMER]


def _tools() -> Path:
    jar = artifacts.default_cache() / f"kafka-tools-{VERSION}.jar"
    if not jar.exists():
        if not shutil.which("mvn"):
            pytest.fail("Maven is needed to fetch Kafka's tools once: install it (Debian: maven).")
        wanted = [f"-Dartifact=org.apache.kafka:kafka-tools:{VERSION}", f"-DoutputDirectory={jar.parent}"]
        done = subprocess.run(["mvn", "-q", "-B", GOAL, *wanted], capture_output=True, text=True)
        if done.returncode:
            pytest.fail(f"Maven could not fetch Kafka's tools: {done.stdout}{done.stderr}")
    return jar
