"""Issues tokens for a mesh without an identity provider of its own: a key, its public half, and the tokens."""
