"""Rehearsals: the history of a registry replayed under what a proposal would put in force."""
