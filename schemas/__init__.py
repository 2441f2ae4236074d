"""The contract every arrow obeys: Avro schemas, registry definitions, the event on the wire.

Imports nothing of ours.
"""
