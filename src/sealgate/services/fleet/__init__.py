"""All that is deployed, of every account and region at once: for the server's operator."""
