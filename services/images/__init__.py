"""The container images: which there are, what is in each, and how they are built."""
