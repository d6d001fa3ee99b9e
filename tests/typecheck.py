"""The checker of shapes and types in tests: beartype, with an integer allowed where a float is asked (PEP 484)."""

from beartype import BeartypeConf, beartype

checker = beartype(conf=BeartypeConf(is_pep484_tower=True))
