"""How much of one window is asked for, where the provider refuses requests that it should have room for.

It may count otherwise than is said, or refuse for reasons of its own. Both are found out by asking less. Each
refusal takes a request from the window at once. Several in a row are no accident: the window is what was let
through in its length before them. Otherwise whole windows show what is still refused, and as much is taken
away; where that does not make refusals much rarer they are not about the number of requests, and all of the
window is used again, for longer each time that this is found.

A length of the window without a refusal doubles what is used of it. Where refusals come again soon after,
twice as many lengths must pass without one.
"""

import math
from collections import deque

IN_A_ROW = 6
"""Refusals that leave no doubt."""

SMALL = 0.01
"""The part of it that one refusal takes from a window of less than a hundred requests."""

EVIDENCE = 3
"""Refusals from which something is concluded."""

RARER = 4
"""By how much refusals get rarer at least where they are for the number of requests."""

SOON = 10
LONGEST_PATIENCE = 64
TRUST = 20
LONGEST_TRUST = 160
"""In windows: from when on refusals are news again, how many must be clean at most, and for how many no
single refusal is believed to be for the number of requests."""


class Allowance:
    """`count` requests in `width` seconds, of which `allowed` are used."""

    def __init__(self, count: int, width: float) -> None:
        self.count = count
        self.allowed = float(count)
        self._width = width
        self._since = self._quiet = self._trusted = self._restored = -math.inf
        self._trust, self._patience = TRUST, 1
        self._before = self._worst = 0.0
        self._asked = self._denied = 0
        self._refusals: deque[float] = deque()

    def share(self, count: int) -> None:
        """Another part of the provider's window, of which as much seems to be allowed."""
        self.allowed = float(count) if self.count == 0 else count * self.allowed / self.count
        if count:
            self.allowed = max(1.0, self.allowed)
        self.count = count

    def asked(self, now: float) -> None:
        if now >= self._since + self._width:
            self._asked += 1

    def refused(self, now: float, sent: float, counted: int, row: int) -> None:
        """`counted`: answers in the window up to now, refusals too; `row`: so many refusals in a row."""
        self._quiet = now
        self._refusals.append(now)
        self._forget(now)
        through = counted - len(self._refusals)
        if row == IN_A_ROW and through < self.allowed:
            self._trusted, self._trust = -math.inf, TRUST
            self._leave(now, through)
        elif self._whole and now >= self._trusted:
            self._leave(now, self._less())
        elif self.allowed < self.count and sent >= self._since:
            self._judge(now, len(self._refusals) / max(1, counted))

    def settle(self, now: float) -> None:
        if self.allowed < self.count:
            since = max(self._quiet, self._restored)
            if now >= since + self._patience * self._width:
                if self._restored > self._since:
                    self._patience = 1
                self.allowed, self._restored = min(float(self.count), 2 * self.allowed), now

    @property
    def _whole(self) -> bool:
        """Nothing was refused since more is asked for."""
        return self.allowed >= self.count or self._restored > self._since

    def _judge(self, now: float, share: float) -> None:
        """`share`: what was refused of the last window."""
        if now >= self._since + self._width:
            self._denied += 1
            self._compare(now)
        elif not self._before:
            self.allowed, self._worst = max(1.0, self._less()), share

    def _less(self) -> float:
        return self.allowed - min(1.0, SMALL * self.count)

    def _compare(self, now: float) -> None:
        """What is refused still, once it shows, with what was before."""
        doubtful = self._denied < EVIDENCE or 0 < self._before * self._asked < EVIDENCE
        if doubtful or now < self._since + 2 * self._width:
            return
        share = self._denied / max(self._asked, self._denied)
        if self._before and share > self._before / RARER:
            self.allowed, self._restored = float(self.count), now
            self._trusted = now + self._trust * self._width
            self._trust = min(2 * self._trust, LONGEST_TRUST)
        else:
            still = min(self.allowed, round(self.allowed * (1 - share)))
            self._begin(now, still, before=max(share, self._worst, self._before))

    def _leave(self, now: float, allowed: float) -> None:
        if self._whole:
            soon = now < self._restored + SOON * self._width
            self._worst = 0.0
            self._patience = min(2 * self._patience, LONGEST_PATIENCE) if soon else 1
        self._begin(now, allowed, before=0.0)

    def _begin(self, now: float, allowed: float, *, before: float) -> None:
        """`before`: the share that was refused while more was allowed, 0 if it is not known."""
        self.allowed = min(float(self.count), max(1.0, allowed))
        self._since, self._before = now, before
        self._asked = self._denied = 0

    def _forget(self, now: float) -> None:
        while self._refusals and self._refusals[0] + self._width <= now:
            self._refusals.popleft()
