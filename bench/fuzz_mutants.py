"""Bodies for the fuzz run: mutated in their bytes, mutated in their values, or put together from members."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from bench.fuzz_corpus import Base, Corpus

HOSTILE = (
    *(
        b"null",
        b"true",
        b"false",
        b"0",
        b"-0",
        b"1",
        b"-1",
        b"0.1",
        b'""',
        b'"x"',
        b"[]",
        b"{}",
        b"[[]]",
        b"[null]",
    ),
    *(
        b"1e400",
        b"-1E-400",
        b"1e99999999999999999999",
        b"9" * 400,
        b"0." + b"1" * 400,
        b"12345678901234567890",
    ),
    *(b"NaN", b"-Infinity", b"Infinity", b"01", b"+1", b".5", b"0x10", b"1_000", b"'x'", b"undefined"),
    *(rb'"\u0000"', rb'"\ud83d"', rb'"\ud83d\ude00"', b'"\x00"', b'"\xff"', b'"caf\xe9"', '"é"'.encode()),
    *(b'"2026-02-30T00:00:00Z"', b'"0001-01-01T00:00:00Z"', b'"9999-12-31T23:59:59.999999999-23:59"'),
    *(
        b"1767225600",
        b"1767225600000",
        b'"1767225600"',
        b'"1e10"',
        b'"NaN"',
        b'"Infinity"',
        b'"sNaN"',
        b'"-0"',
    ),
    *(b'{"id":1}', b'{"":{"":""}}', b'[{"id":"a"},{"id":"a"},7]', b'{"secret":true}', b'{"unlisted":true}'),
)
LARGE = (
    b"[" * 90 + b"]" * 90,
    b"[" * 200 + b"]" * 200,
    b'{"a":' * 120 + b"1" + b"}" * 120,
    b'"%b"' % (b"l" * 70_000),
)
INSERTED = (
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b'"',
    b"\\",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\xff",
    b" ",
    b"\n",
    b"//",
    b"1",
)
LARGE_ONE_IN = 400
CODES = (200,) * 40 + (202, 204, 301, 400, 401, 403, 404, 410, 429, 500, 503, 504)

Chosen = TypeVar("Chosen")
Mutation = Callable[["Mutants", Base], bytes]


class Mutants:
    """Endless: the same seed gives the same bodies."""

    def __init__(self, corpus: Corpus, seed: str) -> None:
        self._corpus = corpus
        self._random = random.Random(seed).random

    def next(self) -> tuple[int, bytes]:
        """An HTTP code and a body."""
        body = self._choice(_WAYS)(self, self._choice(self._corpus.bases))
        return self._choice(CODES), body

    def _below(self, limit: int) -> int:
        return int(self._random() * limit)

    def _choice(self, of: Sequence[Chosen]) -> Chosen:
        return of[int(self._random() * len(of))]

    def _value(self) -> bytes:
        kind = self._random()
        if kind < 0.5:
            return self._choice(self._corpus.values)
        return self._choice(LARGE) if kind < 0.5 + 1 / LARGE_ONE_IN else self._choice(HOSTILE)

    # in its values: what comes out is JSON, mostly

    def other_value(self, base: Base) -> bytes:
        raw = base.raw
        start, end = self._choice(base.values)
        return raw[:start] + self._value() + raw[end:]

    def two_other_values(self, base: Base) -> bytes:
        one, other = self._below(len(base.values)), self._below(len(base.values))
        (start, end), (later, last) = base.values[min(one, other)], base.values[max(one, other)]
        if start == later:
            return self.other_value(base)
        raw = base.raw
        return raw[:start] + self._value() + raw[end:later] + self._value() + raw[last:]

    def values_swapped(self, base: Base) -> bytes:
        one, other = self._below(len(base.values)), self._below(len(base.values))
        (start, end), (later, last) = base.values[min(one, other)], base.values[max(one, other)]
        raw = base.raw
        if start == later:
            return raw
        return raw[:start] + raw[later:last] + raw[end:later] + raw[start:end] + raw[last:]

    def key_repeated(self, base: Base) -> bytes:
        raw = base.raw
        start, end = self._choice(base.members)
        member = (
            raw[start:end]
            if self._random() < 0.5
            else raw[start : raw.index(b":", start) + 1] + self._value()
        )
        return raw[:start] + member + b"," + raw[start:]

    def member_dropped(self, base: Base) -> bytes:
        raw = base.raw
        start, end = self._choice(base.members)
        comma = raw.find(b",", end, end + 3)
        return raw[:start] + raw[comma + 1 if comma >= 0 else end :]

    def member_added(self, base: Base) -> bytes:
        raw = base.raw
        at = raw.find(b"{") + 1
        return raw[:at] + self._choice(self._corpus.fragments) + b"," + raw[at:]

    def put_together(self, base: Base) -> bytes:
        fragments = self._corpus.fragments
        return b"{%b}" % b",".join([self._choice(fragments) for _ in range(1 + self._below(14))])

    # in its bytes: what comes out is malformed, mostly

    def byte_changed(self, base: Base) -> bytes:
        body = bytearray(base.raw)
        for _ in range(1 + self._below(3)):
            body[self._below(len(body))] = self._below(256)
        return bytes(body)

    def bit_flipped(self, base: Base) -> bytes:
        body = bytearray(base.raw)
        body[self._below(len(body))] ^= 1 << self._below(8)
        return bytes(body)

    def cut_off(self, base: Base) -> bytes:
        return base.raw[: self._below(len(base.raw))]

    def cut_out(self, base: Base) -> bytes:
        start = self._below(len(base.raw))
        return base.raw[:start] + base.raw[start + 1 + self._below(40) :]

    def stuttered(self, base: Base) -> bytes:
        start = self._below(len(base.raw))
        return base.raw[: start + 1 + self._below(60)] + base.raw[start:]

    def spliced(self, base: Base) -> bytes:
        other = self._choice(self._corpus.bases).raw
        return base.raw[: self._below(len(base.raw))] + other[self._below(len(other)) :]

    def inserted(self, base: Base) -> bytes:
        at = self._below(len(base.raw))
        return base.raw[:at] + self._choice(INSERTED) + base.raw[at:]


_WAYS: Sequence[Mutation] = (
    *(Mutants.other_value,) * 4,
    *(Mutants.two_other_values,) * 3,
    *(Mutants.values_swapped,) * 2,
    *(Mutants.key_repeated,) * 1,
    *(Mutants.member_dropped,) * 1,
    *(Mutants.member_added,) * 2,
    *(Mutants.put_together,) * 4,
    Mutants.byte_changed,
    Mutants.bit_flipped,
    Mutants.cut_off,
    Mutants.cut_out,
    Mutants.stuttered,
    Mutants.spliced,
    Mutants.inserted,
)
