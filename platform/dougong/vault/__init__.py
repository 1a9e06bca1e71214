"""Secrets at rest (D18): a box that seals and opens, and the secrets that a workspace's administrators keep in it."""
