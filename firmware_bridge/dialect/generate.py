"""Make `highmast.py` from `highmast.xml` with pymavlink's generator (a development dependency).

python -m firmware_bridge.dialect.generate [OUT.py]
"""

import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

ROOM = Path(__file__).parent
SOURCE = ROOM / "highmast.xml"
GENERATED = ROOM / "highmast.py"


def generate(out: Path) -> None:
    """Write the generated class to `out`; RuntimeError with the generator's words if the XML is wrong."""
    from pymavlink.generator import mavgen

    options = mavgen.Opts(str(out), wire_protocol="2.0", language="Python3", validate=True, strict_units=True)
    said = StringIO()
    with redirect_stdout(said):
        made = mavgen.mavgen(options, [str(SOURCE)])
    if not made:
        raise RuntimeError(f"the generator refused {SOURCE}:\n{said.getvalue()}")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else GENERATED)
