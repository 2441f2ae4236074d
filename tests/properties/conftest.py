"""How many random histories are tried: a few in `make test`, many with HUB_PROOF=1 (`make proof`)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)

settings.register_profile("test", max_examples=25, deadline=None, suppress_health_check=_CHECKS)
settings.register_profile("proof", max_examples=600, deadline=None, suppress_health_check=_CHECKS)
settings.load_profile("proof" if os.environ.get("HUB_PROOF") == "1" else "test")
