"""
Where the service keeps what it knows: `protocol`, and the stores that implement it.

All SQL stands in here. It knows `domain` and `data_folder`; other rooms know `store.protocol`,
and only those that put a server together or look after one know which store it is.
"""
