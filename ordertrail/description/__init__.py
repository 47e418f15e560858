"""What the topics hold, in words that programs read: JSON Schemas and one AsyncAPI document.

All of it is generated from the models, the code that makes records and the table of topics, and committed
under `docs`, where it is also the release that later models are compared with. `python -m
ordertrail.description` writes it, `--check` says whether it is up to date.
"""
