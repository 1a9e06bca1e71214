"""Connectors: requests to other systems, described as documents, sent by the server, guarded at the door."""
