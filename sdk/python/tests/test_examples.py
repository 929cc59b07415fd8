"""The examples in docstrings say what comes of them."""

import doctest
import importlib
import pkgutil
import unittest

import assay


def load_tests(loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None) -> unittest.TestSuite:
    for module in pkgutil.iter_modules(assay.__path__, "assay."):
        tests.addTest(doctest.DocTestSuite(importlib.import_module(module.name)))
    return tests


if __name__ == "__main__":
    unittest.main()
