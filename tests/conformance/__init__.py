"""
Official cases against our Amazon client: `python -m tests.conformance FILE` (`make conformance CASES=FILE`).

A case names an operation, parameters and an answer. What our client asks for these parameters must be what the case
names, and nothing of the answer may get lost on its way into our models. No value of any case is in this code.
"""
