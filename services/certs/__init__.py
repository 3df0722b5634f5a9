"""A certificate authority of this machine's own, and the certificates of a local mesh: made, renewed and swapped in."""
