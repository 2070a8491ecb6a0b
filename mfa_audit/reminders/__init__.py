"""Who hears what, when, in which words."""
