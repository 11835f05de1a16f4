from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """argon2id at the OWASP floor (19 MiB, 2 passes, 1 lane): strong, and a login rush stays within 2 cores."""

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
