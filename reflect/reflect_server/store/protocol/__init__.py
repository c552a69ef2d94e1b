"""
What the service asks of a store: a transaction, and a protocol per resource.

It speaks of values of `domain` alone, and knows no database.
"""
