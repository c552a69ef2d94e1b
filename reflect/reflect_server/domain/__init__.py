"""
The rules of Reflect: what a review does, what a query returns, how a value is learned.

Nothing in here knows HTTP, SQL or a model provider. `store` and `routes` depend on this package,
never the other way round.
"""
