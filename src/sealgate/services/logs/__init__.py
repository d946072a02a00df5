"""CloudWatch Logs' use cases: groups, streams, events, and what functions print."""
