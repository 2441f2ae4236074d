"""PostgreSQL from Debian's package, on a port and in a folder of ours."""
