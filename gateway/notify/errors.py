"""The errors of notification, named by what is done about them.

NotifyError (gateway.errors)
├── BadNotify       the site file says what cannot be
├── ChannelAway     the channel does not take news now: it is tried again until the news is stale
├── ChannelRefuses  the channel refuses us (a login): a person has to mend it, and it is tried again all the same
└── Undeliverable   the channel refuses this message or this address for good
"""

from __future__ import annotations

from drivers.strict_yaml import KeyPath
from gateway.errors import NotifyError


class BadNotify(NotifyError):
    """`notify.yaml` says, at `path`, what cannot be."""

    def __init__(self, path: KeyPath, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.path, self.message, self.hint = path, message, hint


class ChannelAway(NotifyError):
    """The channel does not take news now; `doubtful`: it may have taken this one all the same."""

    def __init__(self, text: str, *, doubtful: bool = False) -> None:
        super().__init__(text)
        self.doubtful = doubtful


class ChannelRefuses(NotifyError):
    """The channel refuses us: a login, a token, a device that the site has not enabled."""


class Undeliverable(NotifyError):
    """The channel refuses this message or this address; sending it again would not help."""
