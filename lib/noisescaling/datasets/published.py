"""The published study's own four data sets, read from the files as they are made public.

Nothing is downloaded: the files are large (up to tens of gigabytes), and each function takes the
path of what you have. Each names the layout that it expects, which was written down from public
descriptions and code and is tested on small files of that layout, not on the files themselves.
"""

from noisescaling.datasets.published_h5ad import hao_pbmc, qiu_embryo
from noisescaling.datasets.published_tables import vizgen_merfish, weinreb_larry

__all__ = ["hao_pbmc", "qiu_embryo", "vizgen_merfish", "weinreb_larry"]
