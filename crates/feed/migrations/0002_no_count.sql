-- Totals end at the window of matches that a search reads anyway.
drop function count_docs(text, smallint[], smallint[], bigint, bigint, int);
