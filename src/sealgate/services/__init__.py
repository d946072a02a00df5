"""The use cases. No HTTP and no wire names."""
