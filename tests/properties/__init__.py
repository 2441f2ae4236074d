"""Random histories against the oracle."""
