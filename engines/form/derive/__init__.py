"""Derived values: what other records keep of this one, and how they follow a change."""
