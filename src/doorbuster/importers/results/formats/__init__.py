"""One format a file: each reads its own files and says what they do not hold."""
