"""The command line: one small module a command; the only place that reads the clock and prints."""
