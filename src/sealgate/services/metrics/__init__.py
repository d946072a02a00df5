"""What is counted: CloudWatch's metrics and Prometheus's."""
