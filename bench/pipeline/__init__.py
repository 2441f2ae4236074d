"""From the log to the registry: how fast, how steadily, beside whom."""
