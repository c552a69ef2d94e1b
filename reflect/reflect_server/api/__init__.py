"""
The door of the contract: each operation routed to its handler, with typed values.

It knows `http`, the use cases and the generated `reflect_contract`; no other door.
"""
