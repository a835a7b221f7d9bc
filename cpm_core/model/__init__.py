"""The bottom room: frozen dataclasses, markers and errors that every other room speaks in."""
