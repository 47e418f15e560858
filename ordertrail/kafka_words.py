"""Kafka's failures in words for people."""

from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from adapters.kafka.failures import PublisherFailed

ADVICE = "; start a new publisher"  # what PublisherFailed tells whoever made it


def words(error: BaseException) -> str:
    """Why something on Kafka did not work, in one line."""
    if isinstance(error, KafkaConnectionError | ConnectionError):
        return "no broker answers there"
    if isinstance(error, TimeoutError | KafkaTimeoutError):
        return "the broker did not answer in time"
    if type(error) is KafkaError and error.args:
        return str(error.args[0])  # without the name of the class, which says nothing
    said = str(error)
    if isinstance(error, PublisherFailed):
        cause = error.__cause__
        return words(cause) if cause is not None else said.removesuffix(ADVICE)
    return said or type(error).__name__
