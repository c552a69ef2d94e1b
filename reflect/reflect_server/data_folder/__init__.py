"""
What stands in the data folder beside the database: the secret of its keys, and who serves it.

It knows the files of the folder and `errors`; what the database holds is the store's.
"""
