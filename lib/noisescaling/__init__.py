"""Measurement noise scaling laws: information in a representation against measurement quality."""
