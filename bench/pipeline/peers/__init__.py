"""What others do with the same topic."""
