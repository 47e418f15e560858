"""The provider table: every provider there is, by its slug."""

from collections.abc import Mapping

from domain.ordinalsbot import ORDINALSBOT
from domain.provider import Provider
from domain.runa import RUNA
from domain.xmrto import XMRTO
from domain.xverse import XVERSE

PROVIDERS: Mapping[str, Provider] = {entry.slug: entry for entry in (XVERSE, ORDINALSBOT, RUNA, XMRTO)}
