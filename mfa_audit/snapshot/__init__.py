"""One night's data: rows of any source typed into canonical tables, written once, verified on opening."""
