"""Apache Kafka in KRaft mode, one node or three, plain or with SCRAM logins and access rules."""
