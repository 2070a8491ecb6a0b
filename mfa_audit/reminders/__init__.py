"""Who hears what, when, in which words, and never twice: no clock, no network."""
