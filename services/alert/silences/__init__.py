"""When nobody is to be told of what."""
