"""What was loaded at the start is not searched for garbage again."""

import subprocess
import sys


def test_a_settled_process_keeps_what_it_loaded_out_of_the_search():
    told = "import django.db.models, gc; from config import collector; collector.settle(); "
    told += "print(gc.get_freeze_count() > 10_000, gc.get_threshold()[0], gc.isenabled())"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)

    assert done.stdout.split() == ["True", "10000", "True"], done.stderr
