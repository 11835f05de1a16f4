"""How many wrong codes are too many: counted in Redis, before a code is looked at, so that guesses at once are not worth more.

Six digits are few. Without the count the right one would be found; without Redis no typed code is looked at, and the QR code
and the paper list remain.
"""

from functools import cache

import redis
from django.conf import settings

# A hall shares one address: a thousand people mistype more often than one does.
NETWORK = 20  # times what one person may


@cache
def _store():
    url = settings.REDIS_URL.replace("redis+socket:", "unix:")
    return redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def spend(people, place, rule):
    """Take one try of each of these persons and of the network; False when one had none left, or nobody can count."""
    limits = {_key(person): rule["misses"] for person in people} | {_key(place): rule["misses"] * NETWORK}
    try:
        with _store().pipeline() as pipe:
            for key in limits:
                pipe.incr(key)
                pipe.expire(key, rule["miss_minutes"] * 60, nx=True)  # the wait runs from the first wrong one
            counts = pipe.execute()[::2]
    except redis.RedisError:
        return False
    return all(count <= limit for count, limit in zip(counts, limits.values(), strict=True))


def forgive(people, place):
    """A right code clears the persons' counts; to the network it gives back its own try and no more."""
    try:
        with _store().pipeline() as pipe:
            pipe.delete(*map(_key, people))
            pipe.decr(_key(place))
            pipe.execute()
    except redis.RedisError:
        return


def _key(of):
    return f"training|code|{of}"
