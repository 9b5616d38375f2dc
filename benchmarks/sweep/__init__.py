"""Speed of the sweep engine and its store."""
