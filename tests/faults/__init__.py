"""Processes killed, brokers lost, rivals: nothing lost, nothing doubled."""
