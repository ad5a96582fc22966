"""The `cocreate` command; the only package that imports every service. It begins in `main`."""
