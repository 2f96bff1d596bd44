import pytest


@pytest.fixture(autouse=True)
def private_network():
    """These tests use no network, so need none of their own."""
