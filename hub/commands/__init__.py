"""The commands of `huehub`, one file a topic."""
