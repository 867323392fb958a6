"""The dataset as an RO-Crate: a directory, or a zip file, that others can use and cite."""
