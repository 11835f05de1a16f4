import gc
import os

from config import collector, validation

# A page that computes longer than this is given up: one heavy question must not hold the others up.
os.environ.setdefault("STATEMENT_SECONDS", "30")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
validation.refuse_or_go_on()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the settings are read here, and only then

application = get_wsgi_application()
collector.settle()

# What was loaded lives as long as the process: looking through it again for garbage stops a page for a tenth of a second.
gc.collect()
gc.freeze()
