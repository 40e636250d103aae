"""Slash commands and controls: parse, ask, show. One file per group; nothing here knows SQL or lays out a reply."""
