import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.partition import murmur2, partition_of


@pytest.mark.parametrize(
    ("data", "hashed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_the_one_of_the_java_client(data: bytes, hashed: int) -> None:
    assert murmur2(data) == hashed % 2**32


@given(st.text(), st.integers(1, 100))
def test_a_key_goes_where_every_other_client_puts_it(key: str, partitions: int) -> None:
    theirs = DefaultPartitioner()(key.encode(), list(range(partitions)), [])

    assert partition_of(key, partitions) == theirs
