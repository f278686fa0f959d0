"""Tools of other systems, over MCP: what the admin allows is chosen, called within seconds, and becomes a finding."""
