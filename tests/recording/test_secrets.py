"""Secrets end to end: polled, imported, stored, projected, published, shown, and nowhere in the clear."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.kafka.topics import Name
from adapters.log import open_log
from domain.log import Log
from domain.providers import PROVIDERS
from tests.cli.conftest import Ordertrail, logging_as_before, ordertrail, place
from tests.cli.polls import poll, written
from tests.kafka.reading import read_all
from tests.recording.canaries import (
    API_KEYS,
    MARK,
    MISPLACED,
    ORDERS,
    Provider,
    canaries,
    nested,
    secret_paths,
    serving,
    spoilt,
    texts,
)

__all__ = ["logging_as_before", "ordertrail", "place"]  # fixtures

PATIENT = 60.0
SPOILT = "runa/O-spoilt"


@dataclass
class Traces:
    """Whatever one course of things left behind, by where it was found."""

    found: dict[str, bytes] = field(default_factory=dict)
    evidence: set[str] = field(default_factory=set)

    def add(self, where: str, content: str | bytes) -> None:
        self.found[where] = content.encode() if isinstance(content, str) else content

    def showing(self, mark: str) -> dict[str, bytes]:
        """Where the mark stands, and some of what is around it."""
        places = {where: content.find(mark.encode()) for where, content in self.found.items()}
        return {where: self.found[where][max(0, at - 80) :][:200] for where, at in places.items() if at >= 0}


@pytest.fixture
def provider(kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch, place: Path) -> Iterator[Provider]:
    """The settings name this server for every provider, a canary for each API key, and a real broker."""
    monkeypatch.setenv("ORDERTRAIL_KAFKA", kafka)
    monkeypatch.setenv("ORDERTRAIL_TOPICS__PREFIX", prefix)
    monkeypatch.setenv("ORDERTRAIL_PACE", "0.02")
    with serving() as server:
        for slug in PROVIDERS:
            variable = f"ORDERTRAIL_PROVIDERS__{slug.upper()}"
            monkeypatch.setenv(f"{variable}__URL", f"{server.url}/{slug}")
            monkeypatch.setenv(f"{variable}__API_KEY", API_KEYS[slug])
        yield server


@pytest.fixture
def traces(place: Path, provider: Provider, ordertrail: Ordertrail, kafka: str, prefix: str) -> Traces:
    """Orders polled and imported, published, and asked about in every way."""
    traces = Traces()
    say(traces, ordertrail, "track", *orders())
    spoilt_polls = [poll(SPOILT, minute, "") for minute in range(len(spoilt()))]
    for line, (status, content) in zip(spoilt_polls, spoilt(), strict=True):
        line |= {"http_status": status, "body": content.decode("latin-1").replace("O-01", "O-spoilt")}
    refused = place / "refused"
    refused.write_text(f'{{"provider": "runa", "body": "{MARK}refused"\n{{"provider": "{MARK}"}}\n')
    say(traces, ordertrail, "import", written(place / "polls", spoilt_polls))
    assert "line 1" in ordertrail("import", str(refused)).err
    refused.unlink()
    (place / "polls").unlink()

    run(traces, place, provider, ordertrail)
    ask(traces, place, ordertrail)
    for name in (Name.EVENTS, Name.ORDERS, Name.ATTENTION, Name.PROVIDERS, Name.POSITIONS):
        records = asyncio.run(read_all(kafka, prefix, name))
        traces.add(f"topic {name}", repr([(r.key, r.value, r.headers) for r in records]))
        assert records or name is Name.PROVIDERS
    for file in place.glob("ordertrail.db*"):
        traces.add(f"file {file.name}", file.read_bytes())
    return traces


def test_no_secret_stands_in_the_clear_and_raw_bodies_are_shown_on_record(
    traces: Traces, provider: Provider, ordertrail: Ordertrail
) -> None:
    nothing_stands_in_the_clear(traces, provider)
    raw_bodies_are_shown_on_record(traces, ordertrail)


def nothing_stands_in_the_clear(traces: Traces, provider: Provider) -> None:
    planted = {slug: json.dumps(texts(slug)).count(MARK) for slug in PROVIDERS}

    assert planted["runa"] > len(secret_paths("runa")) > 5
    assert planted["ordinalsbot"] > len(secret_paths("ordinalsbot")) > 10
    assert {API_KEYS["runa"], API_KEYS["ordinalsbot"], API_KEYS["xverse"]} <= provider.keys
    assert len(traces.evidence) >= 2 * len(PROVIDERS) + len(spoilt())
    assert {"file ordertrail.db", "file ordertrail.db-wal meanwhile"} <= traces.found.keys()
    assert b"published" in traces.found["the log lines of run"]
    assert traces.showing(MARK) == {}
    assert [where for where in traces.showing(MISPLACED) if not where.startswith("evidence ")] == []


def raw_bodies_are_shown_on_record(traces: Traces, ordertrail: Ordertrail) -> None:
    raw = "".join(ordertrail("evidence", sha256, "--raw", "--by", "u-7").out for sha256 in traces.evidence)

    for slug in PROVIDERS:
        missed = {secret for secret in canaries(slug) if secret not in raw and secret in all_planted(slug)}
        assert missed == set()
    for order in orders():
        shown = [line for line in ordertrail("history", order, "--json").lines if line["data"].get("by")]
        assert shown
        assert {(line["event"], line["data"]["by"]) for line in shown} == {("EvidenceShown", "u-7")}
        assert {line["data"]["evidence"] for line in shown} <= traces.evidence


def orders() -> list[str]:
    return [f"{slug}/{order_id}" for slug, order_id in ORDERS.items()]


def all_planted(slug: str) -> str:
    return json.dumps([texts(slug), nested(slug)])


def say(traces: Traces, ordertrail: Ordertrail, *command: str) -> None:
    answer = ordertrail(*command)
    traces.add(" ".join(command), answer.out + answer.err)


def run(traces: Traces, place: Path, provider: Provider, ordertrail: Ordertrail) -> None:
    """The recorder as a process, at its most talkative, till everything is on the topics."""
    with (place / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "ordertrail", "run", "poll", "project", "publish", "-vv"],
            stdout=said,
            stderr=said,
            env=dict(os.environ),
        )
    try:
        deadline = time.monotonic() + PATIENT
        while min(provider.asked.values()) < 3 or not published(ordertrail):
            assert time.monotonic() < deadline, (provider.asked, (place / "said").read_text()[-2000:])
            assert process.poll() is None, (place / "said").read_text()[-2000:]
            time.sleep(0.2)  # another process is at work
        for file in place.glob("ordertrail.db*"):
            traces.add(f"file {file.name} meanwhile", file.read_bytes())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    traces.add("the log lines of run", (place / "said").read_bytes())


def published(ordertrail: Ordertrail) -> bool:
    [report] = ordertrail("audit", "--json").lines or [{"pending": 1}]
    return bool(report["pending"] == 0)


def ask(traces: Traces, place: Path, ordertrail: Ordertrail) -> None:
    for form in ([], ["--json"]):
        for verb in ("orders", "attention", "check", "audit", "replay"):
            say(traces, ordertrail, verb, *form)
        for order in [*orders(), SPOILT]:
            say(traces, ordertrail, "history", order, *form)
            say(traces, ordertrail, "order", order, *form)
    log = open_log(f"sqlite:///{place}/ordertrail.db", create=False, now=0, new_id="")
    traces.evidence = evidence(log)
    log.close()
    for sha256 in traces.evidence:
        say(traces, ordertrail, "evidence", sha256)
        say(traces, ordertrail, "evidence", sha256, "--json")


def evidence(log: Log) -> set[str]:
    streams = [*(head.stream for head in log.heads()), *(f"_provider-{slug}" for slug in PROVIDERS)]
    return {look.evidence for stream in streams for look in log.looks(stream) if look.evidence}
