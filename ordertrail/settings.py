"""What can be set: by `ordertrail.toml`, and over it by the environment. Durations are in seconds.

A nested key is written `providers.runa.url` here, `[providers.runa] url` in the file and
`ORDERTRAIL_PROVIDERS__RUNA__URL` in the environment.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from adapters.endpoint import Endpoint
from adapters.log import demand_url
from adapters.providers import ADAPTERS
from domain.instants import DAY, SECOND
from domain.providers import PROVIDERS
from domain.watch import PATIENCE, Patience
from ordertrail.budget import Window
from ordertrail.setting_sources import (
    CONFIG,
    Names,
    SettingsError,
    Tree,
    leaves,
    read_environment,
    read_file,
    refuse_unknown,
)
from ordertrail.throughput import IN_FLIGHT, MOST_IN_FLIGHT

BROKER = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})")
ADDRESS = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+")
LONGEST_SECONDS = 100 * 365 * 86_400


def _windows(value: object) -> object:
    """A list of limits, or the same as text: `["300/min", "10/s"]` or `300/min, 10/s`."""
    return _listed(value, '["300/min"]')


def _origins(value: object) -> object:
    return _listed(value, '["https://shop.example"]')


def _listed(value: object, example: str) -> object:
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError(f"is no list such as {example}") from None
    return [part.strip() for part in value.split(",")]


def _window(value: object) -> object:
    if isinstance(value, str):
        return Window.parse(value)
    if isinstance(value, Window):
        return value
    raise ValueError('is no rate: write it as text such as "300/min"')


def _log_url(value: object) -> object:
    demand_url(value if isinstance(value, str) else "")
    return value


def _http_url(value: object) -> object:
    try:
        url = httpx.URL(str(value))
    except httpx.InvalidURL as error:
        raise ValueError(f"is no URL: {error}") from None
    if url.scheme not in ("http", "https") or not url.host or not 0 < (url.port or 80) < 65536:
        raise ValueError("is no URL such as https://api.runa.io")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("must be a plain URL without user, query or fragment; keys go into api_key")
    return value


def _broker(value: object) -> object:
    for place in str(value).split(","):
        match = BROKER.fullmatch(place.strip())
        if not match or not 0 < int(match[1]) < 65536:
            raise ValueError("is no broker: use host:port, e.g. localhost:9092")
    return value


def _address(value: object) -> object:
    match = ADDRESS.fullmatch(str(value))
    if not match or int(match[1]) > 65535:
        raise ValueError("is no address: use host:port, e.g. 127.0.0.1:8787")
    return value


def _origin(value: object) -> object:
    if not ORIGIN.fullmatch(str(value)):
        raise ValueError("is no origin such as https://shop.example: no path, no final slash")
    return value


def _header(value: object) -> object:
    """What travels in a header: blanks around it are dropped, what no header can carry is refused."""
    if not isinstance(value, str):
        return value
    if not value.strip().isascii() or not value.strip().isprintable():
        raise ValueError("holds a character that no HTTP header can carry")
    return value.strip()


def _token(value: object) -> object:
    token = _header(value)
    if token == "":
        raise ValueError("is empty: leave it out for none")
    return token


Rate = Annotated[Window, BeforeValidator(_window)]
Origin = Annotated[str, BeforeValidator(_origin)]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ProviderSettings(_Table):
    """Whatever is None is the provider's own default. `cache_allowance`: how old its answers may be. `bound`:
    seconds between two looks at any order, at most; None: what takes a tenth of the budget. `in_flight`:
    requests at a time."""

    url: Annotated[str, BeforeValidator(_http_url)] | None = None
    api_key: Annotated[SecretStr, BeforeValidator(_header)] | None = None
    windows: Annotated[list[Rate], BeforeValidator(_windows), Field(min_length=1)] | None = None
    api_version: Annotated[str, BeforeValidator(_header)] | None = None
    cache_allowance: Annotated[int, Field(ge=0, le=DAY // SECOND)] = 0
    bound: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    in_flight: Annotated[int, Field(ge=1, le=MOST_IN_FLIGHT)] = IN_FLIGHT


class TopicSettings(_Table):
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,200}$")] = "ordertrail."
    replication: Annotated[int, Field(ge=1, le=32767)] = 1


class CommandSettings(_Table):
    """What the topic of commands may ask for."""

    execute: bool = False


class PatienceSettings(_Table):
    """How long to wait before saying something of what could not be seen."""

    failures: Count = PATIENCE.failures
    failing_for: Seconds = PATIENCE.failing_for / SECOND
    unseen_looks: Count = PATIENCE.unseen_looks
    unseen_for: Seconds = PATIENCE.unseen_for / SECOND
    vanished_looks: Count = PATIENCE.vanished_looks
    vanished_for: Seconds = PATIENCE.vanished_for / SECOND
    watch_for: Seconds = PATIENCE.watch_for / SECOND
    coverage_gap: Seconds = PATIENCE.coverage_gap / SECOND


class Settings(BaseSettings):
    """All settings, validated. Secrets are SecretStr; `log` may hold a password: show it `masked` only."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    log: Annotated[str, BeforeValidator(_log_url), Field(repr=False)] = "sqlite:///ordertrail.db"
    kafka: Annotated[str, BeforeValidator(_broker)] | None = None
    evidence_key_file: Path | None = None
    serve: Annotated[str, BeforeValidator(_address)] = "127.0.0.1:8787"
    serve_token: Annotated[SecretStr, BeforeValidator(_token)] | None = None
    serve_origins: Annotated[list[Origin], BeforeValidator(_origins)] = []
    metrics: Annotated[str, BeforeValidator(_address)] | None = None
    worker: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] = "main"
    body_limit: Annotated[int, Field(ge=1024)] = 1024 * 1024
    clock_error: Seconds = PATIENCE.clock_error / SECOND
    pace: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    topics: TopicSettings = TopicSettings()
    commands: CommandSettings = CommandSettings()
    patience: PatienceSettings = PatienceSettings()
    providers: dict[str, ProviderSettings] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What `load` gathered, and nothing behind its back."""
        return (init_settings,)

    @property
    def judging(self) -> Patience:
        asked = self.patience
        return Patience(
            failures=asked.failures,
            failing_for=int(asked.failing_for * SECOND),
            unseen_looks=asked.unseen_looks,
            unseen_for=int(asked.unseen_for * SECOND),
            vanished_looks=asked.vanished_looks,
            vanished_for=int(asked.vanished_for * SECOND),
            watch_for=int(asked.watch_for * SECOND),
            clock_error=int(self.clock_error * SECOND),
            coverage_gap=int(asked.coverage_gap * SECOND),
        )

    def provider(self, slug: str) -> ProviderSettings:
        return self.providers.get(slug, ProviderSettings())


def _names(model: type[BaseModel]) -> dict[str, Names | None]:
    return dict.fromkeys(model.model_fields)


NAMES: Names = {
    **_names(Settings),
    "topics": _names(TopicSettings),
    "commands": _names(CommandSettings),
    "patience": _names(PatienceSettings),
    "providers": {slug: _names(ProviderSettings) for slug in PROVIDERS},
}


@dataclass(frozen=True)
class Loaded:
    """`origins`: dotted name → the file or the variable that set it; what is missing has its default."""

    settings: Settings
    origins: Mapping[str, str]

    def origin(self, name: str) -> str:
        return self.origins.get(name, "default")


def load(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """The settings of `path` (or ./ordertrail.toml, if there is one) and `environ`. Raises SettingsError."""
    tree: Tree = {}
    origins: dict[str, str] = {}
    asked = path or (Path(environ[CONFIG]) if environ.get(CONFIG) else None)
    file, chosen = read_file(asked)
    found = [(place, value, str(chosen)) for place, value in leaves(file)]
    found += [(place, value, variable) for place, (value, variable) in read_environment(environ).items()]
    for place, value, where in found:
        refuse_unknown(place, where, NAMES)
        _put(tree, place, value)
        origins[".".join(place)] = where
    try:
        loaded = Loaded(Settings(**tree), origins)
    except ValidationError as error:
        raise SettingsError(_said(error, origins)) from None
    _demand_versions(loaded)
    return loaded


def _demand_versions(loaded: Loaded) -> None:
    """Whether each provider can be asked about an order as the settings say. Raises SettingsError."""
    for slug, asked in loaded.settings.providers.items():
        adapter, name = ADAPTERS[slug], f"providers.{slug}.api_version"
        try:
            adapter.request(Endpoint(adapter.default_url, None, asked.api_version), "any")
        except ValueError as error:
            raise SettingsError(f"{loaded.origin(name)}: {name}: {error}") from None


def _put(tree: Tree, path: tuple[str, ...], value: object) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def _said(error: ValidationError, origins: Mapping[str, str]) -> str:
    """Every mistake by name and origin, never by value: it may be a secret."""
    mistakes = []
    for mistake in error.errors(include_input=False, include_url=False):
        steps = [str(step) for step in mistake["loc"]]
        name = ".".join(steps)
        where = next((origins[head] for head in _heads(steps) if head in origins), "settings")
        mistakes.append(f"{where}: {name}: {mistake['msg'].removeprefix('Value error, ')}")
    return "; ".join(mistakes)


def _heads(steps: list[str]) -> list[str]:
    return [".".join(steps[:count]) for count in range(len(steps), 0, -1)]
