"""What finished runs add up to, kept in memory: worked out once by a process, not by each reader.

The lines of a finished run are never edited and its digest is over all of them, so what they add up
to cannot change. It differs by what a reader may see; both are parts of the key.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from flask import current_app

from ltc import clock, http
from ltc.rules.access import Actor, Reach
from ltc.store.payouts import PayoutRun

V = TypeVar("V")

VALUES_KEPT = 300
MINUTE_SECONDS = 60


class Kept:
    """Values by key, those used last; what is asked for by several at once is worked out once."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._looking = threading.Lock()
        self._turns: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()  # locks in use

    def find(self, key: Hashable) -> tuple[Any, ...]:
        """Return the value of a key as a tuple of one; an empty one where it is not known."""
        with self._looking:
            if key not in self._values:
                return ()
            self._values.move_to_end(key)
            return (self._values[key],)

    def keep(self, key: Hashable, value: Any) -> None:
        """Keep a value, and forget the one that was not used for the longest time."""
        with self._looking:
            self._values[key] = value
            if len(self._values) > VALUES_KEPT:
                self._values.popitem(last=False)

    def work_out(self, key: Hashable, work: Callable[[], V]) -> V:
        """Return the value of a key, worked out where it is not known yet."""
        found = self.find(key)
        if not found:
            with self._turn_of(key):
                found = self.find(key) or (work(),)
                self.keep(key, found[0])
        return found[0]  # type: ignore[no-any-return]

    def _turn_of(self, key: Hashable) -> Any:
        """Return the lock of a key: who works out another one does not wait."""
        with self._looking:
            return self._turns.setdefault(key, threading.Lock())


def kept() -> Kept:
    """Return what this process keeps."""
    values: Kept = current_app.extensions.setdefault("ltc_kept", Kept())
    return values


def once(what: str, work: Callable[[], V], *runs: PayoutRun) -> V:
    """Return something that follows from finished runs, as the reader sees them."""
    return kept().work_out((what, *key_of(http.current_actor(), *runs)), work)


def once_a_minute(what: str, work: Callable[[], V], *runs: PayoutRun) -> V:
    """Return something about runs that others may change meanwhile, at most a minute old."""
    minute = int(clock.now().timestamp()) // MINUTE_SECONDS
    return kept().work_out((what, minute, *key_of(http.current_actor(), *runs)), work)


def key_of(actor: Actor, *runs: PayoutRun) -> tuple[Hashable, ...]:
    """Return what the rows of runs differ by: their content, their status, who may see what."""
    organisation_id = actor.organisation_id if actor.reach is Reach.ORGANISATION else None
    reach = (actor.area_id, actor.reach, actor.district_id, organisation_id)
    return (reach, *((run.id, run.digest, run.status) for run in runs))
