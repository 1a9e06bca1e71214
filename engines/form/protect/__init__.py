"""Values that not everybody who may see a field may read in full."""
