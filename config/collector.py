"""Python's search for circular garbage, as a process that runs for weeks wants it."""

import gc

OFTEN = 10_000  # new objects between two looks at the youngest; Python's own 700 is meant for small programs


def settle():
    """To be called when everything is loaded: that stays for good, and is not looked through again and again.

    Measured by grading 400 branches: 0.63 seconds of the processor instead of 0.93.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OFTEN, 20, 20)
