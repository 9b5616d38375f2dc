"""Peak memory of files larger than what is held of them."""
