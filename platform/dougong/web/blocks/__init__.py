"""Blocks of the home page that belong to no area of their own."""
