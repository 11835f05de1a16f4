"""Passwords of invented people are hashed with little work: the same algorithm, code and format as in the portal."""

from accounts.hashers import Argon2id


class QuickArgon2id(Argon2id):
    time_cost = 1
    memory_cost = 64
