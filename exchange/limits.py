"""How much of the API is too much: counted in Redis. Where nobody can count, the API is shut and the pages go on."""

import time
from functools import cache

import redis
from django.conf import settings

MINUTE, DAY = 60, 86_400


class Uncounted(Exception):
    """Redis does not answer."""


class TooMany(Exception):
    """More than is allowed; `wait` is how many seconds until some is allowed again."""

    def __init__(self, wait):
        super().__init__(wait)
        self.wait = wait


@cache
def _store():
    url = settings.REDIS_URL.replace("redis+socket:", "unix:")
    return redis.from_url(url, socket_timeout=0.2, socket_connect_timeout=0.2)


def spend(name, of, *, much=1, span=MINUTE):
    """Count against `settings.API_LIMITS[name]` for one caller; raises `TooMany` or `Uncounted`. `much=0` only looks."""
    now = int(time.time())
    key, wait = f"exchange|{name}|{of}|{now // span}", span - now % span
    try:
        with _store().pipeline() as pipe:
            pipe.incrby(key, much)
            pipe.expire(key, span, nx=True)
            used = pipe.execute()[0]
    except (redis.RedisError, OSError):
        raise Uncounted from None
    most = settings.API_LIMITS[name]
    if used > most or (not much and used >= most):
        raise TooMany(wait)
