"""What the designers need of the host: the shared draft of an app, keys from labels, schemas for panels, trials."""
