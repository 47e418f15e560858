"""What looks tell of the rate at which one order changes, where every order has its own.

The rate's law is Gamma(a, b). A look that finds nothing after τ is exact: b grows by τ. One that finds a
change (once or more often, it can't tell) leaves a mixture; the Gamma law of the same first two moments
stands for it: an assumed-density filter. Under lateness per change the Bayes index depends on the mean alone.
For estimating rates from such looks see Cho & Garcia-Molina (ACM TOIT 3, 2003), Upadhyay et al. (AAAI 2020)
and Kolobov et al. (NeurIPS 2019).
"""

import math

SHAPE = 0.5
"""Of the law before anything was seen: wide, so that a wrong mean is soon forgotten."""

KNOWN = 1e6
"""A shape from which on a rate counts as known."""


def unchanged(shape: float, ratio: float, gap: float) -> tuple[float, float]:
    return shape, ratio + gap


def changed(shape: float, ratio: float, gap: float) -> tuple[float, float]:
    """Moments of the law given that at least one change came within the gap."""
    share = -math.log1p(gap / ratio)
    none = -math.expm1(shape * share)
    first = shape / ratio * -math.expm1((shape + 1) * share) / none
    second = shape * (shape + 1) / ratio**2 * -math.expm1((shape + 2) * share) / none
    spread = max(second - first * first, 1e-12 * second)
    return first * first / spread, first / spread
