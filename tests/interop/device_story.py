# SPDX-License-Identifier: Apache-2.0
"""What the devices of the gateway test send, and what it means by conf/rules."""
from typing import NamedTuple

from trapd_fixture import STRONG, Device

SNMP_TRAPS = "1.3.6.1.6.3.1.1.5."
UNKNOWN = "1.3.6.1.4.1.99999.7.0.42"
AC = "1.3.6.1.4.1.5003.9.10.1.21."
BOARD = "Board#1/EthernetLink#1"
LAN_DOWN = "Ethernet link alarm. LAN port number 1 is down."


class Step(NamedTuple):
    what: list  # the notification and its varbinds, as Net-SNMP's tools take them
    trap_name: str  # as a receiver with trapd's own modules names it
    outcome: str
    alarm: str
    severity: str
    type: str
    resource: str
    text: str
    enterprise: int  # RFC 5424's origin
    inform: bool = False


def link(kind, status):
    column = "1.3.6.1.2.1.2.2.1."
    return [SNMP_TRAPS + kind, column + "1.3", "i", 3, column + "7.3", "i", 1,
            column + "8.3", "i", status]


def audiocodes(severity):
    return [AC + "2.0.10", AC + "1.1.0", "i", 9, AC + "1.2.0", "s", LAN_DOWN,
            AC + "1.3.0", "s", BOARD, AC + "1.4.0", "i", severity, AC + "1.5.0", "i", 17,
            AC + "1.6.0", "i", 1, AC + "1.7.0", "i", 0]


def audiocodes_step(severity, outcome, word):
    return Step(audiocodes(severity), "SNMPv2-SMI::enterprises.5003.9.10.1.21.2.0.10", outcome,
                "acBoardEthernetLinkAlarm", word, "communicationsAlarm", BOARD, LAN_DOWN, 5003)


# All but the last two leave two alarms active; those end them.
STEPS = [
    Step(link("3", 2), "IF-MIB::linkDown", "raise", "linkDown", "major", "communicationsAlarm",
         "3", "interface 3 is down", 8072),
    audiocodes_step(4, "raise", "major"),
    Step([SNMP_TRAPS + "5"], "SNMPv2-MIB::authenticationFailure", "event",
         "authenticationFailure", "minor", "securityServiceOrMechanismViolation", "",
         "somebody used wrong SNMP credentials at the device", 8072),
    Step([UNKNOWN, "1.3.6.1.4.1.99999.7.1.0", "s", "no MIB names this"],
         "SNMPv2-SMI::enterprises.99999.7.0.42", "event", UNKNOWN, "indeterminate", "other", "",
         "no MIB names this", 99999),
    Step([SNMP_TRAPS + "2"], "SNMPv2-MIB::warmStart", "event", "warmStart", "warning",
         "equipmentAlarm", "", "restarted; its configuration is as before", 8072, inform=True),
    Step(link("4", 1), "IF-MIB::linkUp", "clear", "linkDown", "cleared", "communicationsAlarm",
         "3", "interface 3 is up", 8072),
    audiocodes_step(0, "clear", "cleared"),
]
RAISING, ENDING = STEPS[:-2], STEPS[-2:]


def sent_varbinds(step):
    """As snmptrapd shows them with numbers."""
    words = step.what[1:]
    shown = {"i": "INTEGER: %d", "s": 'STRING: "%s"'}
    return [("." + name, shown[kind] % value)
            for name, kind, value in zip(words[::3], words[1::3], words[2::3])]


class StoryDevice:
    """An engine, an address, and a name in trapd's inventory."""

    def __init__(self, test, number):
        self.name = "sbc-%d" % number
        self.engine = "80001f8804" + self.name.encode().hex()
        self.address = "127.0.0.%d" % (10 + number)
        self.device = Device(test, self.address)

    def setting(self):
        return {"name": self.name, "engine": "0x" + self.engine, "site": "tlv"}

    def send(self, port, steps):
        """An inform goes to trapd's engine, and is about the device's (the context)."""
        context = ["-E", "0x" + self.engine]
        for step in steps:
            if not step.inform:
                self.device.trap(port, STRONG, step.what,
                                 extra=context + ["-e", "0x" + self.engine])
            elif not self.device.inform(port, STRONG, step.what, extra=context):
                raise AssertionError("snmpinform: " + self.device.said.stderr)
