"""Bodies with a distinct canary in every secret field of a provider, and a server that gives them."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from domain.fields import Use
from domain.providers import PROVIDERS

Body = dict[str, Any]
MARK = "canary-"
MISPLACED = "misplaced-secret"
"""In a field that holds no secrets: `evidence` shows it, and nothing else may."""
ORDERS = {
    "xverse": "5f0c6b9e-0000-4000-8000-000000000001",
    "ordinalsbot": "6f0c6b9e-0000-4000-8000-000000000002",
    "runa": "O-01",
    "xmrto": "xmrto-VkT2yM",
}
STATES = {
    "xverse": ("state", "new", "executing"),
    "ordinalsbot": ("state", "waiting-payment", "prep"),
    "runa": ("status", "PROCESSING", "COMPLETED"),
    "xmrto": ("state", "UNPAID", "PAID"),
}
API_KEYS = {slug: f"{MARK}api-key-{slug}" for slug in PROVIDERS}


def secret_paths(provider: str) -> list[str]:
    return [field.path for field in PROVIDERS[provider].fields.table if field.use is Use.SECRET]


def canary(provider: str, path: str, member: int = 0) -> str:
    """Letters, digits and dashes only: no encoding of JSON alters it."""
    plain = "".join(sign if sign.isalnum() else "-" for sign in path)
    return f"{MARK}{provider}-{plain}-{member}-end"


def canaries(provider: str) -> set[str]:
    """All that `texts` and `nested` plant."""
    return {canary(provider, path, member) for path in secret_paths(provider) for member in range(3)}


def texts(provider: str) -> Body:
    """The order in its first state, a text in each secret field of two members of each array."""
    planted = _ordered(provider, 1)
    for path in secret_paths(provider):
        for member in range(2):
            _plant(planted, path.split("."), canary(provider, path, member), member)
    return planted


def nested(provider: str) -> Body:
    """The order a step further, each secret an object that hides canaries in a key, a text and a list."""
    planted = _ordered(provider, 2)
    for path in secret_paths(provider):
        secret = canary(provider, path, 2)
        _plant(planted, path.split("."), {secret: secret, "more": [secret]}, 0)
    return planted


def _ordered(provider: str, step: int) -> Body:
    name, *words = STATES[provider]
    identity = "uuid" if provider == "xmrto" else "id"
    stranger = {"never_heard_of": {"inner": [canary(provider, "stranger")]}}
    return {identity: ORDERS[provider], name: words[step - 1], **stranger}


def _plant(node: Body, path: Sequence[str], secret: object, member: int) -> None:
    name, *rest = path
    if not rest:
        node[name] = secret
    elif name.endswith("[]"):
        members = node.setdefault(name.removesuffix("[]"), [])
        while len(members) <= member:
            members.append({"id": f"E-{len(members)}"})
        _plant(members[member], rest, secret, member)
    else:
        _plant(node.setdefault(name, {}), rest, secret, member)


class Provider(ThreadingHTTPServer):
    """All four providers under one address, by the first part of the path; it counts what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: dict[str, int] = dict.fromkeys(PROVIDERS, 0)
        self.keys: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Provider
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        slug = self.path.split("/")[1]
        self.server.asked[slug] += 1
        key = self.headers.get("x-api-key", "")
        self.server.keys.add(key)
        if self.server.asked[slug] == 2:
            self._answer(401, {"error": "unauthorised", "key_that_was_sent": key})
        else:
            self._answer(200, texts(slug) if self.server.asked[slug] == 1 else nested(slug))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def _answer(self, status: int, body: Body) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def spoilt() -> list[tuple[int, bytes]]:
    """Answers with Runa's secrets that can't be read as they should: HTTP code and body."""
    order, secret = ORDERS["runa"], canary("runa", "spoilt")
    whole = json.dumps({"id": order, "status": "COMPLETED", "items": [{"payout": {"url": secret}}]})
    return [
        (200, whole[:-6].encode()),
        (200, whole.replace('{"url"', '{"url": "' + secret + '", "url"').encode()),
        (200, json.dumps({"id": order, "status": "COMPLETED", "items": secret}).encode()),
        (200, json.dumps({"id": order, "status": "COMPLETED", "total_price": MISPLACED}).encode()),
        (200, json.dumps({"id": order, "status": {"word": MISPLACED}}).encode()),
        (200, json.dumps([secret]).encode()),
        (502, f"<html>{secret}</html>".encode()),
        (401, json.dumps({"type": "unauthorized", "message": MISPLACED}).encode()),
        (200, b"\xff\xfe" + secret.encode()),
    ]
