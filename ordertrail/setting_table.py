"""The settings as `check` shows them: every value and where it comes from, secrets masked."""

from pathlib import Path

from pydantic import BaseModel, SecretStr

from adapters.log import masked
from adapters.providers import ADAPTERS
from ordertrail.budget import Window
from ordertrail.settings import Loaded, ProviderSettings, Settings
from ordertrail.wiring import key_file

MASK = "********"


def setting_rows(loaded: Loaded) -> list[dict[str, object]]:
    """`{setting, value, from}` of every setting there is, set or not."""
    settings = loaded.settings
    rows: list[dict[str, object]] = []
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name == "providers":
            continue
        if isinstance(value, BaseModel):
            rows += [
                _row(loaded, f"{name}.{inner}", getattr(value, inner)) for inner in type(value).model_fields
            ]
        else:
            rows.append(_row(loaded, name, _general(settings, name, value)))
    for slug in ADAPTERS:
        rows += _provider_rows(loaded, slug)
    return rows


def _general(settings: Settings, name: str, value: object) -> object:
    if name == "log":
        return masked(settings.log)
    if name == "evidence_key_file":
        return key_file(settings)
    return value


def _provider_rows(loaded: Loaded, slug: str) -> list[dict[str, object]]:
    asked, adapter = loaded.settings.provider(slug), ADAPTERS[slug]
    own: dict[str, object] = {"url": adapter.default_url, "windows": list(adapter.windows)}
    rows = []
    for name in ProviderSettings.model_fields:
        value = getattr(asked, name)
        rows.append(_row(loaded, f"providers.{slug}.{name}", own.get(name) if value is None else value))
    return rows


def _row(loaded: Loaded, name: str, value: object) -> dict[str, object]:
    if isinstance(value, SecretStr):
        value = MASK
    if isinstance(value, list):
        value = [_rate(each) if isinstance(each, Window) else each for each in value]
    if isinstance(value, Path):
        value = str(value)
    return {"setting": name, "value": value, "from": loaded.origin(name)}


def _rate(window: Window) -> str:
    return f"{window.limit}/{window.seconds:g}s"
