"""How each provider is asked and read, by its slug."""

from collections.abc import Mapping

from adapters import ordinalsbot, runa, xmrto, xverse
from adapters.adapter import Adapter

ADAPTERS: Mapping[str, Adapter] = {
    entry.slug: entry for entry in (xverse.ADAPTER, ordinalsbot.ADAPTER, runa.ADAPTER, xmrto.ADAPTER)
}
