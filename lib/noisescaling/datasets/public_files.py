"""Public files that data sets and models are read from: where each stands, and its checksum."""

from dataclasses import dataclass

_RAW = "https://raw.githubusercontent.com"
_TOTALVI = f"{_RAW}/YosefLab/totalVI_reproducibility/27d65a9c49182f39df0c4325249bc7dc8e663dd0"
_MIXOLOGY = f"{_RAW}/LuyiTian/sc_mixology/7d00ffb0bd043467f365a9358d7312f294f13c9f"
_COSPAR = f"{_RAW}/AllonKleinLab/cospar/ca54cad8a9db9a72152ba8a8b6d67d57eace4acb"
_SCVI_DATA = f"{_RAW}/YosefLab/scVI-data/9a647afc8893604fa11024ddcd5fc5bb22b8e50e"

#: Counts of cells of known line, and what is known of the cells, as `sha256sum` would print them.
_MIXOLOGY_SUMS = """
a82aa89b8995aed412f4260c0adb343967e33a801af6f2e0aa647c1d897a5a21  sc_celseq2.count
78429916bac394d92d8c972059a8f195c5479ce578da04f1eb3ba599585ef3d9  sc_celseq2.metadata
577324d2fd427685144420536489202c68ae98cb22f5825c40c8cf41c5fe0a07  sc_celseq2_5cl_p1.count
a6f5b206f891113162d2c9af27860c187a04ccd8848f9bc29be97dfa95eeadc4  sc_celseq2_5cl_p1.metadata
c6ef3df82d9fa44598ee15d8a07113c44a830ee3d2e3205c93590d594240bab5  sc_celseq2_5cl_p2.count
06d2f3b9fd646b4a3c1e6d1af7205c7eec1017bfab9a4c68853f9a3fc97be836  sc_celseq2_5cl_p2.metadata
e535abac653a5a3ee44eff88345db2315693732f679156ab20ee924b21bced9a  sc_celseq2_5cl_p3.count
c373869c9d3bbca9dc7773a8b8ef65e6035c939d45b18cb410fede526770eadb  sc_celseq2_5cl_p3.metadata
98c0bb6a9fbf4b93967ef82cef9985d7691cf59a31dc5b0b3699f70ed1a0fd08  sc_dropseq.count
4c48f3e13778e89192d9861095bc102cc0deb9eba1a7f47a093f5a058ce1aa6a  sc_dropseq.metadata
3bc1323f10f74779e69f068cbfd052633049745f69107bba4133368a01ec24b9  RNAmix_celseq2.count
b4dfd97335bb24691d22b16748410d42ea08c7dee634d2d9d2584ef2d9e60956  RNAmix_celseq2.metadata
"""


@dataclass(frozen=True)
class PublicFile:
    """A file that stands at a public address.

    Parameters
    ----------
    path
        Its path relative to a mirror or the cache.
    url
        Its public address, at a fixed commit or record; empty where it is only ever built.
    sha256
        Its checksum, hexadecimal; an MD5 sum, as some archives publish, has "md5:" before it.
    stand_in
        A file of the same content, built again from its sources, that a mirror may hold instead.
    build
        How a file without an address is made.
    """

    path: str
    url: str
    sha256: str
    stand_in: "PublicFile | None" = None
    build: str = ""

    @property
    def checksum(self) -> str:
        """The checksum with the name of its algorithm before it."""
        return self.sha256 if ":" in self.sha256 else f"sha256:{self.sha256}"


_MEDMNIST = "https://zenodo.org/records/10519652/files"
_BLOOD_CELLS = "https://github.com/Shenggan/BCCD_Dataset"
_SQUEEZENET = f"{_RAW}/songhan/SqueezeNet-Deep-Compression"

#: Images of kidney cells by their side in pixels, and MD5 sums as MedMNIST publishes them.
_TISSUE_SUMS = {
    28: "ebe78ee8b05294063de985d821c1c34b",
    64: "123ece2eba09d0aa5d698fda57103344",
    128: "61b955355d7425a89687b06cca3ce0c2",
    224: "b077128c4a949f0a4eb01517f9037b9c",
}

_IMAGE_FILES = (
    PublicFile(
        "img/bccd_cells_28_rgb.npz",
        "",
        "9dcd2887c03a6fcaff71c796f00b4b503d568b9448ef27f369a59e576e2a2930",
        build=f"noisescaling.datasets.blood_cells(folder) reads a checkout of {_BLOOD_CELLS}",
    ),
    PublicFile(
        "img/pneumoniamnist.npz",
        f"{_MEDMNIST}/pneumoniamnist.npz?download=1",
        "md5:28209eda62fecd6e6a2d98b1501bb15f",
        stand_in=PublicFile(
            "img/pneumoniamnist_rebuilt.npz",
            "",
            "d0bfa3330f26554c4117328b1117f52bfb3746404b0594c58f37a09b4314d396",
        ),
    ),
    *(
        PublicFile(
            f"img/tissuemnist{side}.npz",
            f"{_MEDMNIST}/tissuemnist{side}.npz?download=1",
            f"md5:{md5}",
        )
        for side, md5 in (
            ("" if side == 28 else f"_{side}", md5) for side, md5 in _TISSUE_SUMS.items()
        )
    ),
    PublicFile(
        "weights/compressed_SqueezeNet.net",
        f"{_SQUEEZENET}/fb13faa2cf121ced9999f8a9d538ec6c56084733/compressed_SqueezeNet.net",
        "e4ab6960ae8cd81505e1c2136921201507e930966c53deaf15862a395b3a3261",
    ),
)

_PANGO = f"{_RAW}/corneliusroemer/pango-sequences/9e3588de42895212395cfa9ddab03eb27a224cb4"
_PANGO_DATES = (
    f"{_RAW}/corneliusroemer/pango-designation-dates/20ed85d990aaf1ac9abd019219be498c61276b73"
)
_TREETIME = f"{_RAW}/neherlab/treetime_examples/260e7150c5edcb9d5b6394ee2798e2ce1043bf76"

_SEQUENCE_FILES = (
    PublicFile(
        "seq/pango_S-aa.fasta.zst",
        f"{_PANGO}/data/pango-consensus-sequences_S-aa.fasta.zst",
        "eb56e8fbfa350f4abb49ce1d179e67c5f3323c3055c6f44afc025e25bdb01400",
    ),
    PublicFile(
        "seq/pango_lineage_designation_date.csv",
        f"{_PANGO_DATES}/data/lineage_designation_date.csv",
        "e09078f4c59aa9d7f7674d6c270fa58cb52312517464672b14cae4fd88b1f69b",
    ),
    PublicFile(
        "seq/h3n2_na_500.fasta",
        f"{_TREETIME}/data/h3n2_na/h3n2_na_500.fasta",
        "f2aa01de6f728432933e11589446b8775ba6089d0a63c58245636160e5a57c23",
    ),
    PublicFile(
        "seq/h3n2_na_500.metadata.csv",
        f"{_TREETIME}/data/h3n2_na/h3n2_na_500.metadata.csv",
        "5adf5e9628e777ee1c0684289bd0f1783c6066b6bf9c190f4488a05f102e53ca",
    ),
)

_FILES = (
    *_IMAGE_FILES,
    *_SEQUENCE_FILES,
    PublicFile(
        "sc/totalvi_pbmc10k_harmo_rna.csv.gz",
        f"{_TOTALVI}/data/raw_data/pbmc10k_harmo_rna.csv.gz",
        "77cacfec0e17dce2a9b00c479a07a162e29dc9263ff5dc4cb5235df4679baba9",
    ),
    PublicFile(
        "sc/totalvi_pbmc10k_harmo_pro.csv.gz",
        f"{_TOTALVI}/data/raw_data/pbmc10k_harmo_pro.csv.gz",
        "184afe670d264b598e24cca73ccfd4f07c7bde696b8fb4cb53ba62d89b13f048",
    ),
    PublicFile(
        "sc/cospar_test_larry.h5ad",
        f"{_COSPAR}/tests/data/test_adata_preprocessed.h5ad",
        "3c9a5d728f402ff2b87cfecb3cd6639a7fa342fe3a7d44ad57ac526a5ef674af",
    ),
    PublicFile(
        "sc/smfish.h5ad",
        f"{_SCVI_DATA}/smfish.h5ad",
        "49c6e5e0e00d963f6510b795d06d78752d24f8c8127c80c8563c73d7fa107ac6",
    ),
    *(
        PublicFile(f"sc/mixology_{name}.csv.gz", f"{_MIXOLOGY}/data/csv/{name}.csv.gz", sha256)
        for sha256, name in map(str.split, _MIXOLOGY_SUMS.strip().splitlines())
    ),
)

#: The known files by their relative path.
FILES: dict[str, PublicFile] = {file.path: file for file in _FILES}
