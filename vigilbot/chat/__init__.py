"""The people's side: payload → event, card → vendor format. Nothing is decided here."""
