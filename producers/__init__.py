"""What moves in: sources, mappings, a durable outbox, the publisher, HTTP intake."""
