"""A database copied row by row into an empty one, whichever the two are: read in one consistent moment."""
