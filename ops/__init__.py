"""Real servers without containers: Apache Kafka from Maven coordinates, Debian's PostgreSQL.

Tooling for development and tests, used by the Makefile and by `tests/servers.py`. Everything listens on
loopback alone and keeps its data in a folder of ours.
"""
