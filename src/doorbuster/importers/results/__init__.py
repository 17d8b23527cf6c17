"""Result files of other load tools: last year's rehearsal, whoever walked it."""
