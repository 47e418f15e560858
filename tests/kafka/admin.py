"""A broker's answers to an admin client, of the broker's choosing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource

from adapters.kafka.topics import TOPICS


@dataclass
class AdminOf:
    """Error codes: of making `orders`, of showing it and of telling its settings. No `leader`: nobody makes
    topics."""

    prefix: str
    making: int = 0
    reason: str | None = None
    showing: int = 0
    telling: int = 0
    leader: bool = True
    asked: list[str] = field(default_factory=list)

    def __call__(self, bootstrap_servers: str, client_id: str) -> "AdminOf":
        return self

    @property
    def _client(self) -> SimpleNamespace:
        controller = SimpleNamespace(nodeId=1) if self.leader else None
        return SimpleNamespace(cluster=SimpleNamespace(controller=controller))

    async def start(self) -> None:
        self.asked.append("start")

    async def close(self) -> None:
        self.asked.append("close")

    async def create_topics(self, wanted: Sequence[NewTopic]) -> SimpleNamespace:
        return SimpleNamespace(topic_errors=[self._made(str(topic.name)) for topic in wanted])

    async def describe_topics(self, names: Sequence[str]) -> list[dict[str, object]]:
        return [
            {
                "topic": self.prefix + topic.name,
                "partitions": [None] * topic.partitions,
                "error_code": self._code(self.prefix + topic.name, self.showing),
            }
            for topic in TOPICS
        ]

    async def describe_configs(self, resources: Sequence[ConfigResource]) -> list[SimpleNamespace]:
        settings = {self.prefix + topic.name: list(topic.settings.items()) for topic in TOPICS}
        names = [str(resource.name) for resource in resources]
        told = [(self._code(name, self.telling), self.reason, 2, name, settings[name]) for name in names]
        return [SimpleNamespace(resources=told)]

    def _made(self, name: str) -> tuple[str, int, str | None]:
        return name, self._code(name, self.making), self.reason

    def _code(self, name: str, code: int) -> int:
        return code if name == f"{self.prefix}orders" else 0
