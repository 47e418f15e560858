"""How publishing can fail.

PublishError
├── PublishRefused     log and topics don't belong together: a person decides, starting over is no help
├── ParkedRecord       a record is too large for the topics: publishing stands before it, nothing is lost
└── PublisherFailed    the outcome may be unknown: abandon this publisher and start a new one at once
    └── PublisherFenced    a rival of this name works, or a transaction timed out: start with back-off
"""


class PublishError(Exception):
    """Base of all; the message says what, why and what to do."""


class PublishRefused(PublishError):
    pass


class ParkedRecord(PublishError):
    pass


class PublisherFailed(PublishError):
    pass


class PublisherFenced(PublisherFailed):
    pass
