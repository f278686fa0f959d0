"""What people do to entries, and how they see them."""
