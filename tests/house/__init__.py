"""The rules of the house as tests: sizes, floors, contracts, and that what is generated is what the code says."""
