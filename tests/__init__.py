"""A package, so that the simulated Graph starts from here whatever else is installed under this name."""
