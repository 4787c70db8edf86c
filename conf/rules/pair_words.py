# SPDX-License-Identifier: Apache-2.0
"""What the words of a notification's name say of its alarm: type, cause, severity, text."""
import re

# The first line whose words are in the name. Security comes first, with the types of X.736, whose
# causes belong to their types; then what can only be equipment or environment; links and sessions;
# thresholds last, since anything may cross one.
WORDS = [(re.compile(words), kind, cause) for words, kind, cause in [
    (r"(Chassis|Bay|Cover|Case|Cabinet).*(Intrusion|Open)|Door|CoverOpen|LidOpen",
     "physicalViolation", "intrusionDetection"),
    (r"DDos|DosAttack|StormControl|StormSuppress|AntiAttack|ConnRate|TransactionRate|SynFlood"
     r"|synflood",
     "operationalViolation", "denialOfService"),
    (r"Attack|Rogue|Intrusion|Malicious|Insecure|Unsecure|Blacklist|BlackList|Interfering"
     r"|AdhocNetwork|MisconfiguredAP|WirelessBridge|SignatureMatch|WeakIV|InvalidMac"
     r"|DisconnectStation",
     "securityServiceOrMechanismViolation", "unauthorizedAccessAttempt"),
    (r"Auth(en|entication)?(Fail|Error|Err)|LoginFail|LogonFail|Unauthori[sz]ed|UnAuthori[sz]ed"
     r"|PasswordInvalid|WeakPassword", "securityServiceOrMechanismViolation",
     "authenticationFailure"),
    (r"(Cert|Crl|License|Lic|Licence|Key|Password|Subscription|GracePeriod|Warranty)"
     r".*(Expir|Invalid|Overdue|Outdated)|CertInvalid|Trial", "timeDomainViolation", "keyExpired"),
    (r"IpConflict|IPConflict|AddrConflict|AddressConflict|Duplicate|MacFlap|MACFlap|Spoof"
     r"|IdConflict|MacHop|MACMove|MacMove|RouterId(C|c)onflict|SysIdConflict",
     "integrityViolation", "duplicateInformation"),
    (r"Integrity|Tamper(?!Alarm)|Checksum|Corrupt", "integrityViolation",
     "informationModificationDetected"),
    (r"(Radius|Tacacs|HwTacacs|Ldap|Aaa|AAA|AuthServer).*(Down|Lost|Unreach|NotAvail)",
     "operationalViolation", "outOfService"),
    (r"(Log|Trap|Syslog|Alarm|Event).*(Lost|Overflow|TableFull|BufferFull|QueueFull|Storm)",
     "integrityViolation", "informationMissing"),
    (r"Smoke", "environmental", "smoke"), (r"Fire(?!wall|wire)", "environmental", "fireDetected"),
    (r"Leak|WaterDet|Flood(?!ing)", "environmental", "leakDetected"),
    (r"Humid|Dew|Hum[A-Z]", "environmental", "humidityUnacceptable"),
    (r"[Tt]emp(erature|[A-Z]|$)|Thermal|Overheat|OverHeat|Heat", "environmental",
     "temperatureUnacceptable"),
    (r"Airflow|AirFlow|Coolant|Cooling|Compressor|Chiller|AirFilter", "environmental",
     "coolingSystemFailure"),
    (r"[Ff]an(s|Tray|Fail|[A-Z]|$|\d)|Blower", "equipment", "coolingFanFailure"),
    (r"Batter", "equipment", "batteryFailure"), (r"Rectifier", "equipment", "rectifierFailure"),
    (r"Generator|Genset", "equipment", "generatorFailure"),
    (r"(PowerSupply|Psu|PSU|PS[A-Z0-9]).*(Fail|Fault|Bad)|PowerSupply", "equipment",
     "powerSupplyFailure"),
    (r"Power(?!Of)|Pwr|Vlt|Volt|Ups|UPS|ups[A-Z]|Inverter|Outlet|Breaker|Fuse|Utility|Mains|Bypass"
     r"|Poe|POE|PhaseOverload|BankPhase|Charger|Overcurrent|OverCurrent|Current[A-Z]?"
     r"|Amp|Ats|ATS|Boost"
     r"|Input[A-Z]|Output[A-Z]", "equipment", "powerProblem"),
    (r"Disk|Raid|RAID|Drive|Volume(?!Of)|Array|Enclosure", "equipment", "diskFailure"),
    (r"(Cpu|CPU|Processor).*(Usage|Util|High|Over|Thresh|Rising|Load|Exceed)|CpuUtil|Cpu|CPU",
     "qualityOfService", "systemResourcesOverload"),
    (r"Mem(ory|[A-Z]|$)|MEM", "qualityOfService", "outOfMemory"),
    (r"Storage|Flash|FileSystem|Partition|LogFile|CfCard|Space", "processingError",
     "storageCapacityProblem"),
    (r"Optic|Laser|RxPower|TxPower|Wavelength|Transceiver|Sfp|SFP", "equipment",
     "externalIFDeviceProblem"),
    (r"Clock|Sync|Ptp|PTP|Ntp|NTP|Freq|Esmc|Timing|Sntp", "communications",
     "lossOfSynchronisation"),
    (r"Los$|Los[A-Z]|LOS|LossOfSignal|SignalLoss|SignalLost", "communications", "lossOfSignal"),
    (r"Lof$|LOF|LossOfFrame|Oof", "communications", "lossOfFrame"),
    (r"Ais$|AIS|Ais[A-Z]", "communications", "aIS"),
    (r"Rdi|RDI|Rai$|RAI|Remote(Alarm|Defect|Fault)", "communications", "remoteAlarmInterface"),
    (r"Crc|CRC|Ber[A-Z]|BER|BitError|ErrorRate|Excessive|FrameError", "communications",
     "excessiveErrorRate"),
    (r"Mismatch|Inconsisten|NotMatch|VersionError", "processingError", "versionMismatch"),
    (r"Config|Cfg|Misconfig", "processingError", "configurationOrCustomizationError"),
    (r"Threshold|Thres|Exceed|Over[A-Z]|High|Low[A-Z]|Rising|Full|Limit|Usage|Util|Overload"
     r"|Congest|Maximum|ReachMax|Resource|Capacity|NoFree|Exhaust|Shortage|Loading|Queue",
     "qualityOfService", "thresholdCrossed"),
    (r"Board|Card|Module|Slot|Chip|Hardware|Hw[A-Z]|Fru|Sensor|Chassis|Fabric|Stack|Backplane|Bus"
     r"|Led|Usb|Blade|Asic|Device|Entity|Component|Subrack|Probe", "equipment",
     "equipmentMalfunction"),
    (r"Redundan|Protect|Backup|Master|Slave|Standby|Failover|Switchover|Ha[A-Z]|HA[A-Z]|Vrrp"
     r"|Cluster", "equipment", "lossOfRedundancy"),
    (r"Link|Port|If[A-Z]|Interface|Tunnel|Lsp|LSP|Bgp|Ospf|Isis|Session|Conn|Comm|Peer|Neighbo|Oam"
     r"|OAM|Bfd|BFD|Trunk|Eth|Signal|Vpn|VPN|Vsi|Pw[A-Z]|Mpls|Route|Path|Ap[A-Z]|AP[A-Z]|Radio|Loop"
     r"|Ring|Erps|Ping|Reach|Dhcp|Arp|Multicast|Igmp|Pim|Vlan|Mac|MAC|Server|Client|User|Member"
     r"|Offline|OffLine|Beacon|Register", "communications", "communicationsSubsystemFailure"),
    (r"Software|Patch|Process|Service|Upgrade|Program|File|Database|Db[A-Z]|Task|Application",
     "processingError", "softwareError")]]

# Where no word says what it is, the module may.
MODULES = [(re.compile(modules), kind, cause) for modules, kind, cause in [
    (r"PORT|-IF-|OAM|MPLS|LACP|CFM|IMA|OTN|SONET|L2|CLOCK|PTP|ERPS|LSP|WLAN|DOT11|LWAPP|CGX|MERU",
     "communications", "transmissionError"),
    (r"ENTITY|-DC-|BASE-TRAP|DEVICE|CHASSIS|HARDWARE|STACK|SRM|PowerNet|Dell|DELL|IDRAC|-BSX-",
     "equipment", "equipmentMalfunction")]]

# Severity by the strongest word: what is gone altogether; what announces itself; what was crossed.
_SEVERITIES = [(re.compile(words), severity) for words, severity in [
    (r"Critical|Fatal|Emergency|Fire(?!wall)|Smoke|Shutdown|AllFan|Serious", "critical"),
    (r"Minor|Warning$|Warn[A-Z]|NearlyExpir|EarlyWarning|AboutTo|Approaching|Informational",
     "minor"),
    (r"Major", "major"),
    (r"Threshold|Thres|Exceed|High|Low[A-Z]|Rising|Usage|Util|Limit|Reach|Over[A-Z]|Degrad|Trial"
     r"|Congest|Mismatch|Maximum|Loading", "minor"),
    (r"Fail|Fault|Down|Lost|Loss|LOS|Los|LOF|Invalid|Abnormal|Unreach|Offline|OffLine|Attack|Expire"
     r"|Absent|Error|Missing|Conflict|Rogue|Disconnect|Broken|Corrupt|Alarm|Bad|Deadlock|Leak"
     r"|Remove|Intrusion|Exhaust|Full|Overload", "major")]]


def severity(name: str) -> str:
    for pattern, word in _SEVERITIES:
        if pattern.search(name):
            return word
    return "minor"


def words(name: str) -> str:
    """hwOspfv2PeerDown -> "Ospfv2 peer down": the name as words, without its module's prefix."""
    rest = re.sub(r"^(hh3c|h3c|hpnicf|vmwNsxT|vmwNsxM|[a-z]{1,9}(?=[A-Z]))", "", name)
    rest = re.sub(r"(Trap|Notification|Notif)$", "", rest) or name
    parts = re.findall(r"DDos|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+", rest)
    parts = [p if p.isupper() and len(p) > 1 else p.lower() for p in parts]
    text = " ".join(parts)
    return text[0].upper() + text[1:]
