"""Packs: folders of JSON metadata that are installed, recombined, upgraded and removed as layers (DESIGN D7a)."""
