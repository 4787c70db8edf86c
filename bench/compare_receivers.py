# SPDX-License-Identifier: Apache-2.0
"""Names that other measurements import."""
from load import blast  # noqa: F401
from machine import cpu_model  # noqa: F401
from receivers import (AUTH, ENGINES, PRIV, USER, Process, Snmptrapd, Trapd, cpu_seconds,  # noqa: F401
                       free_port, settle, wait_until)

__all__ = ["AUTH", "ENGINES", "PRIV", "USER", "Process", "Snmptrapd", "Trapd", "blast", "cpu_model",
           "cpu_seconds", "free_port", "settle", "wait_until"]
