"""The services. None imports another; only `services.cli` knows them all."""
