"""Write the sample tenants: ``python bench/sample.py [FOLDER]``; ``FOLDER`` is ``sample_data`` unless given.

``FOLDER/nhs`` and ``FOLDER/manufacturer`` are written anew, the same bytes every time; anything else in it stays.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from samples import manufacturer, nhs


def main(arguments: list[str]) -> int:
    """Write both tenants below the folder named in ``arguments``; the exit code."""
    if len(arguments) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent / "sample_data"
    for name, write in (("nhs", nhs.write), ("manufacturer", manufacturer.write)):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
        write(folder / name)
        print(f"wrote {folder / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
