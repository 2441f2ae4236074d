"""A slow, obvious fold to hold the registries against."""
