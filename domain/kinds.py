"""Kinds of orders that a provider's own words tell apart: an etch waits where a mint does not."""

from collections.abc import Mapping

from domain.fields import Detail

KINDS = ("etch", "mint")


def kind_of(details: Mapping[str, Detail]) -> str | None:
    """The kind that an order's `orderType` names, however it is spelled; None: none that is known."""
    return kind_named(details.get("orderType"))


def kind_named(value: Detail) -> str | None:
    words = value.lower() if isinstance(value, str) else ""
    return next((kind for kind in KINDS if kind in words), None)
