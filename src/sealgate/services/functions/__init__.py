"""Lambda's use cases: functions, code signing configs, and the gate that every package passes."""
