"""Words for a terminal, whoever prints them: commands a line at a time, screens a cell at a time."""
