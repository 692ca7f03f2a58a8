"""
What every page and API of ours has alike: layout, languages, forms, errors, headers.

Knows no service: a service brings its own templates and sentences.
"""
