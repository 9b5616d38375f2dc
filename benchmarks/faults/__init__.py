"""Faults that are really tried, and bad inputs with the message that each gives."""
