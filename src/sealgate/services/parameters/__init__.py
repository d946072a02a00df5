"""Systems Manager's use cases, as far as templates and deployment tools need them: parameters."""
