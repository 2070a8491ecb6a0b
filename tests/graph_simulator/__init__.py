"""Microsoft Graph on loopback: a virtual tenant of any size, the published limits, and a script of faults.

``Simulator`` speaks HTTPS on a real socket. With a ``VirtualClock`` shared by client and simulator a wait of ten
minutes takes none. ``python -m tests.graph_simulator`` serves one until it is stopped.
"""

from .clock import VirtualClock
from .faults import Fault, FaultScript, random_schedule
from .file_tenant import FileTenant
from .limits import Limits
from .login import ALL_PERMISSIONS, CANARY
from .server import Simulator
from .tenant import Oracle, Tenant, VirtualTenant

__all__ = [
    "ALL_PERMISSIONS",
    "CANARY",
    "Fault",
    "FaultScript",
    "FileTenant",
    "Limits",
    "Oracle",
    "Simulator",
    "Tenant",
    "VirtualClock",
    "VirtualTenant",
    "random_schedule",
]
