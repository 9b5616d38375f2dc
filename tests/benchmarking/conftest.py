import sys

from noisescaling import paths

# The benchmarks are run from the top of the checkout and are not installed.
sys.path.insert(0, str(paths.ROOT))
