"""From facts to verdicts: population, status, exposure, findings and figures. Pure: no I/O, no clock."""
