"""The wire: AWS's protocols, bound to the service models that botocore ships."""
