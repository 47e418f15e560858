"""Random things a provider's bodies are made of, each drawn from the rng it is given."""

from collections.abc import Mapping
from random import Random
from uuid import UUID

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def text(rng: Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def hexadecimal(rng: Random, length: int = 64) -> str:
    return f"{rng.getrandbits(4 * length):0{length}x}"


def uuid4(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def ulid(rng: Random, at: float) -> str:
    """48 bits of milliseconds and 80 random bits in Crockford's base 32."""
    value = (int(at * 1000) << 80) | rng.getrandbits(80)
    return "".join(CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))


def taproot_address(rng: Random) -> str:
    return "bc1p" + text(rng, BECH32, 58)


def segwit_address(rng: Random) -> str:
    return "bc1q" + text(rng, BECH32, 38)


def legacy_address(rng: Random) -> str:
    return "1" + text(rng, BASE58, 33)


def monero_address(rng: Random, prefix: str = "4", length: int = 95) -> str:
    return prefix + text(rng, BASE58, length - 1)


def weighted(rng: Random, weights: Mapping[str, float]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]
