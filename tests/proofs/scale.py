"""How long a proof is: `PROOF=0.1 make prove` runs a tenth of each. The seed is fixed; figures are kept in docs/proofs.md."""

import os

SEED = 20261120
SHARE = float(os.environ.get("PROOF", "1"))
BLOCKS = 20  # so that two workers share one proof


def times(full):
    """The number of trials in one block of a proof of `full` trials."""
    return max(1, round(full * SHARE / BLOCKS))
