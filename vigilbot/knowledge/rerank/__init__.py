"""The second look at the best candidates: late interaction, a cross-encoder, or an endpoint."""
