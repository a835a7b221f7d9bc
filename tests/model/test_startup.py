import gc

from cpm_core.model.startup import without_collection


def test_the_collector_is_as_it_was_afterwards():
    with without_collection():
        assert not gc.isenabled()
        with without_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
