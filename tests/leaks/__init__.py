"""
`make leaks`: a buyer and our secrets, sought everywhere after every fault.

The proofs of all faults run with planted buyers; then each place that must not know them is searched, in every form
they may have there. `tests/e2e/test_leaks.py` is the quick form. Nothing here is collected by pytest.
"""
