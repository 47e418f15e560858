"""Noticing what providers never said before, in answers that are kept anyway; written a few at a time."""

from collections.abc import Mapping

from domain.drift import Radar, Sighting, What
from domain.instants import Instant
from domain.log import Log
from domain.provider import Provider
from domain.readings import Reading
from domain.rows import Drift


class Radars:
    """One for each provider, with what is not yet written. A repeat is counted, its first look stays."""

    def __init__(self, log: Log, providers: Mapping[str, Provider]) -> None:
        self._log = log
        self._providers = providers
        self._radars: dict[str, Radar] = {}
        self._unwritten: dict[tuple[str, Sighting], Drift] = {}

    def notice(self, provider: str, reading: Reading, look: str, at: Instant) -> None:
        for sighting, news in self._radar(provider).sightings(reading):
            key = provider, sighting
            before = self._unwritten.get(key)
            if before is None:
                what, path, seen = sighting
                self._unwritten[key] = Drift(provider, what.value, path, seen, news, look, at, at, 1)
            else:
                self._unwritten[key] = before._replace(last_at=at, times=before.times + 1)

    def write(self) -> None:
        """Raises LogError; then the same call may be made again."""
        if self._unwritten:
            self._log.add_drift(list(self._unwritten.values()))
            self.drop()

    def drop(self) -> None:
        self._unwritten.clear()

    def _radar(self, provider: str) -> Radar:
        radar = self._radars.get(provider)
        if radar is None:
            known = {
                Sighting(What(row.what), row.path, row.seen): row.news for row in self._log.drift(provider)
            }
            radar = self._radars[provider] = Radar(self._providers[provider].fields, known)
        return radar
