"""
Candidate generation: the vectors and letters of memories, held in memory and searched.

It knows `embedders`, `store.protocol` and the rules of ranking; it answers with candidates, and
`domain` orders them.
"""
