"""Speed of thinning."""
