"""
The one way out: every HTTP call of ours to a far side or to another service leaves here.

The only code that imports httpx. Knows deadlines and what surely was not sent; knows nothing of what an answer means.
"""
