"""Measurement noise scaling laws: information in a representation against measurement quality."""

import warnings

# Without widgets, tqdm warns in every notebook that loads a library with progress bars.
warnings.filterwarnings("ignore", message="IProgress not found")
