"""How cost grows with cells, genes and depth, and what the published grid would cost."""
