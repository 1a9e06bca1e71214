"""Moments: conditions that become true because time passes ("no follow-up for 7 days"), each telling once."""
