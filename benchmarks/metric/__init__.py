"""Accuracy, coverage, speed and memory of the metric, beside the peers, on cases of known truth."""
