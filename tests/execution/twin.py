"""A twin of Xverse: it shows orders as it is told to, and answers a request to execute as the test says."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

FUNDING = "ab" * 32
ORDER = "5066d36d-e038-4f1b-9d75-e596a7d12a12"
EXECUTE = re.compile(r"/v1/runes-managed/(mint|etch)/orders/([^/]+)/execute")

Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


def says(status: int, body: object = None, **headers: str) -> Answer:
    """An answer with a body of JSON, or with none."""

    async def answer(_: httpx.Request) -> httpx.Response:
        if body is None:
            return httpx.Response(status, headers=headers)
        return httpx.Response(status, headers=headers, json=body)

    return answer


def fails(error: type[httpx.TransportError]) -> Answer:
    async def answer(_: httpx.Request) -> httpx.Response:
        raise error("on the way")

    return answer


@dataclass
class Twin(httpx.AsyncBaseTransport):
    """`answers` are used up from the first to the last, which stays; `executed` is what was asked for."""

    state: str = "new"
    kind: str = "runes_etch"
    answers: list[Answer] = field(default_factory=lambda: [says(200)])
    executed: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    looks: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        self.keys.append(request.headers.get("x-api-key", ""))
        executing = EXECUTE.fullmatch(request.url.path)
        if executing is None:
            self.looks += 1
            return httpx.Response(200, json={"id": ORDER, "orderType": self.kind, "state": self.state})
        self.executed.append((executing[1], executing[2], json.loads(request.content)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)
