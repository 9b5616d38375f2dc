"""What this study alone needs: its published values, its simulations, its figures, its runner.

It stands beside the notebooks and reads their `results`; the library knows nothing of it.
"""
