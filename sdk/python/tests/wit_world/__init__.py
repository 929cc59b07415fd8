"""Stands for the bindings that componentize-py makes of the contract: the same names, and a host that tests set up."""


class WitWorld:
    """The exports."""
