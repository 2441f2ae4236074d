"""What moves on: the runner, the projection compiled from a definition, dead letters, rebuild."""
