"""
The door of pages: what is served beside the contract.

It knows `http` and the use cases; no other door.
"""
