-- So that the spread of Q-values can be counted without reading memories through.

CREATE INDEX memories_by_q_value ON memories (q_value);
