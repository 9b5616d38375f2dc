"""Keeps the site small: drops what no page loads or links to, packs large tables and figures."""

import json
import re
import shutil
import zipfile
from pathlib import Path

from PIL import Image
from sphinx.application import Sphinx

#: Maps for those who mend the theme; icons that pages carry themselves; translations of the theme;
#: live code; a second format of fonts.
UNUSED = (
    "**/*.map",
    "_static/scripts/fontawesome.js*",
    "_static/locales",
    "_static/*thebe*",
    "_static/*webpack-macros.html",
    "_static/images/logo_*",
    "_static/vendor/**/*.ttf",
    "_static/vendor/**/fa-brands-*",
)
#: What style sheets and scripts say of such files.
MENTIONS = (
    r"/\*# sourceMappingURL=\S+?\*/|//# sourceMappingURL=\S+",
    r',url\([^)]*\.ttf\) format\("truetype"\)',
    r"@font-face\{[^}]*fa-brands-[^}]*\}",
)
#: A figure of a notebook, named by its content.
FIGURE = re.compile(r"\b([0-9a-f]{64})\.png\b")


def is_large(table: Path) -> bool:
    """Return whether a table goes to readers as a zip file, a tenth of its size."""
    return table.exists() and table.stat().st_size > 50_000


def zip_table(table: Path) -> None:
    """Put a zip file in the place of a table."""
    packed = zipfile.ZipInfo(table.name)  # of one date, so that the same table is the same file
    with zipfile.ZipFile(f"{table}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.writestr(packed, table.read_bytes(), zipfile.ZIP_DEFLATED)
    table.unlink()


def clean_notebook(path: Path) -> None:
    """Take the outputs out of a notebook that readers can download."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["metadata"].pop("papermill", None)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def pack_figures(folder: Path) -> None:
    """Give the figures of notebooks without loss as WebP, half the size of PNG."""
    shown = set()
    for page in folder.rglob("*.html"):
        text = FIGURE.sub(r"\1.webp", page.read_text(encoding="utf-8"))
        page.write_text(text, encoding="utf-8")
        shown.update(re.findall(r"\b[0-9a-f]{64}\.webp\b", text))
    for picture in filter(lambda path: FIGURE.fullmatch(path.name), folder.glob("_images/*.png")):
        packed = picture.with_suffix(".webp")
        if packed.name in shown and not packed.exists():  # pages may stand from an earlier build
            Image.open(picture).save(packed, lossless=True, quality=80, method=6)
        picture.unlink()
    for packed in folder.glob("_images/*.webp"):
        if packed.name not in shown:  # of figures that were drawn anew
            packed.unlink()


def slim(folder: Path) -> None:
    """Drop what is unused below the folder of a site."""
    for pattern in UNUSED:
        for path in sorted(folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in [*folder.glob("_static/**/*.css"), *folder.glob("_static/scripts/*.js")]:
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub("|".join(MENTIONS), "", text), encoding="utf-8")
    for path in (folder / "_sources").rglob("*.ipynb"):
        clean_notebook(path)
    pack_figures(folder)
    for path in filter(is_large, sorted((folder / "_downloads").rglob("*.csv"))):
        zip_table(path)


def on_build_finished(app: Sphinx, exception: Exception | None) -> None:
    """Slim the site once it is written."""
    if exception is None and app.builder.format == "html":
        slim(Path(app.outdir))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook, after all that write files."""
    app.connect("build-finished", on_build_finished, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
