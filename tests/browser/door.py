"""The portal's own WSGI on the servers of a test run, which are let off what only a power cut would harm."""

from config import validation

whole = validation.server_problem
validation.server_problem = lambda facts, **_: whole(facts, is_trial=True)

from config.wsgi import application  # noqa: E402, F401 - it looks at its servers as it is imported
