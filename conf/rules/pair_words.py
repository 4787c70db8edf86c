# SPDX-License-Identifier: Apache-2.0
"""What the words of a notification's name say of its alarm: type, cause, severity, text."""
import re

# The first line whose words are in the name. Security comes first, with the types of X.736, whose
# causes belong to their types; then what can only be equipment or environment; then what was
# crossed or used up, whatever it belongs to; links, sessions and software last.
WORDS = [(re.compile(words), kind, cause) for words, kind, cause in [
    (r"(Chassis|Bay|Cover|Case|Cabinet).*(Intrusion|Open)|Door|GateAlarm|CoverOpen|LidOpen",
     "physicalViolation", "intrusionDetection"),
    (r"DDos|DosAttack|StormControl|StormSuppress|AntiAttack|ConnRate|TransactionRate|SynFlood"
     r"|synflood|CpDefend|Cprl|DefendPort|BaseSecurity\w*Discard",
     "operationalViolation", "denialOfService"),
    (r"Attack|Rogue|Intrusion|Malicious|Insecure|Unsecure|Blacklist|BlackList"
     r"|AdhocNetwork|MisconfiguredAP|WirelessBridge|SignatureMatch|WeakIV"
     r"|DisconnectStation",
     "securityServiceOrMechanismViolation", "unauthorizedAccessAttempt"),
    (r"Auth(en|entication)?(Fail|Error|Err)|LoginFail|LogonFail|Unauthori[sz]ed|UnAuthori[sz]ed"
     r"|PasswordInvalid|WeakPassword|Pwd(Error|Empty)", "securityServiceOrMechanismViolation",
     "authenticationFailure"),
    (r"(Cert|Crl|License|Lic|Licence|Key|Password|Subscription|GracePeriod|Warranty)"
     r".*(Expir|Invalid|Overdue|Outdated)|CertInvalid|Trial", "timeDomainViolation", "keyExpired"),
    (r"IpConflict|IPConflict|AddrConflict|AddressConflict|Duplicate|Dup[A-Z]|MacFlap|MACFlap|Spoof"
     r"|(Id|Sid)Conflict|MacHop|MACMove|MacMove|RouterId(C|c)onflict",
     "integrityViolation", "duplicateInformation"),
    (r"NomatchSnp|SnpChaddr|UntrustedReply", "integrityViolation", "unexpectedInformation"),
    (r"Integrity|Tamper(?!Alarm)|Checksum|Corrupt|Verify(Fail|Err)|StaticMeasure",
     "integrityViolation", "informationModificationDetected"),
    (r"(Radius|Tacacs|HwTacacs|Ldap|Aaa|AAA|AuthServer).*(Down|Lost|Unreach|NotAvail)"
     r"|Macsec|MACsec|Crypto|EndpointProtection", "operationalViolation", "outOfService"),
    (r"(Log|Trap|Syslog|Alarm|Event).*(Lost|Overflow|TableFull|BufferFull|QueueFull|Storm)"
     r"|HeavyVolumeOfAlarms", "integrityViolation", "informationMissing"),
    (r"Smoke|FogAlarm", "environmental", "smoke"),
    (r"Fire(?!wall|wire)", "environmental", "fireDetected"),
    (r"Leak|WaterDet|FluidDet|Flood(?!ing)", "environmental", "leakDetected"),
    (r"Humid|Dew|Hum[A-Z]", "environmental", "humidityUnacceptable"),
    (r"[Tt]emp(erature|[A-Z]|$)|Thermal|Overheat|OverHeat|Heat", "environmental",
     "temperatureUnacceptable"),
    (r"Airflow|AirFlow|Coolant|Cooling|Compressor|Chiller|AirFilter", "environmental",
     "coolingSystemFailure"),
    (r"UserDefAlarm|IOSwitch", "environmental", "externalPointFailure"),
    (r"[Ff]an(s|Tray|Fail|[A-Z]|$|\d)|Blower", "equipment", "coolingFanFailure"),
    (r"Batter", "equipment", "batteryFailure"), (r"Rectifier", "equipment", "rectifierFailure"),
    (r"Generator|Genset", "equipment", "generatorFailure"),
    (r"(PowerSupply|Psu|PSU|(?<![A-Z])PS[A-Z0-9]).*(Fail|Fault|Bad)|PowerSupply|PsFail",
     "equipment", "powerSupplyFailure"),
    (r"Optic|Laser|RxPower|TxPower|Wavelength|Transceiver|Sfp|SFP|DDM", "equipment",
     "externalIFDeviceProblem"),
    (r"Clock|Clk|Sync|Ptp|PTP|Ntp|NTP|SourceFreq|Esmc|Timing|Sntp",
     "communications", "lossOfSynchronisation"),
    (r"Rssi|rssi|ecio|Radar|Interference|ChlIntf", "communications", "degradedSignal"),
    (r"(Input|Output|SymMon|Crc|CRC|Packet|Pause)\w*Err|ErrorRising|PauseFrameRising|Crc|CRC"
     r"|ErrorRate|Ber[A-Z]|BER|BitError|Excessive|FrameError", "communications",
     "excessiveErrorRate"),
    (r"(Input|Output|Request|Bytes|Req|Packet|Bit)Rate|RATEOF|MaxClients|maxClients|Tca[A-Z]|TCA"
     r"|PmThr", "qualityOfService", "thresholdCrossed"),
    (r"Power(?!Of)|Pwr|Vlt|Volt|Ups|UPS|ups[A-Z]|Inverter|Outlet|Breaker|Fuse|Utility|Mains|Bypass"
     r"|Poe|POE|PhaseOverload|BankPhase|Charger|Overcurrent|OverCurrent|Current[A-Z]?"
     r"|Amp|Ats|ATS|ats[A-Z]|Boost|(Over|Under|Output)Frequency|LowLoad|NearOverload"
     r"|(rPDU|msvm)Overload"
     r"|Input[A-Z]|Output[A-Z]", "equipment", "powerProblem"),
    (r"(Disk|Partition|Storage|Flash|FileSystem).*(Usage|Useage|Util|Spac|Full|Insufficient)"
     r"|StorageError|Space[A-Z]|LogFile", "processingError", "storageCapacityProblem"),
    (r"Latency", "qualityOfService", "excessiveResponseTime"),
    (r"Disk|Raid|RAID|Drive|Volume(?!Of)|Array|Enclosure", "equipment", "diskFailure"),
    (r"ProcessorDevice|SelCpu|CpuFail", "equipment", "processorProblem"),
    (r"MemoryDevice|SelMemory", "equipment", "equipmentMalfunction"),
    (r"(Cpu|CPU|Processor).*(Usage|Util|High|Over|Thresh|Rising|Load|Exceed)|[cC]puUtil|Cpu|CPU",
     "qualityOfService", "systemResourcesOverload"),
    (r"MemSize", "processingError", "memoryMismatch"),
    (r"(?<!Trunk)Mem(ory|[A-Z]|$)|MEM|memory", "processingError", "outOfMemory"),
    (r"Storage|Flash|FileSystem|Partition|CfCard", "processingError", "storageCapacityProblem"),
    (r"Los$|Los[A-Z]|LOS|LossOfSignal|SignalLoss|SignalLost", "communications", "lossOfSignal"),
    (r"Lof$|Lof[A-Z]|LOF|LossOfFrame|Oof", "communications", "lossOfFrame"),
    (r"Ais$|AIS|(?<![A-Z])[A-Za-z]?[aA]is[A-Z]", "communications", "aIS"),
    (r"[Rr]di[A-Z]|Rdi$|RDI|Rai[A-Z]|Rai$|RAI|Remote(Alarm|Defect|Fault)", "communications",
     "remoteAlarmInterface"),
    (r"(Version|Firmware|Software)(Mismatch|Error|Inconsisten)|VersionError", "processingError",
     "versionMismatch"),
    (r"DataComm", "communications", "communicationsSubsystemFailure"),
    (r"Mismatch|Inconsisten|NotMatch|Config|config|Cfg|Misconfig|AclConflict|(Not|Un|Non)[sS]upport"
     r"|ApplyFail|ApplySQ|CreateFail|CreateGroup|EPGEnable|EPGPolicy|EPGRule|ModeInvalid"
     r"|License(Effect|Inactive)|Inactive$", "processingError",
     "configurationOrCustomizationError"),
    (r"Exhaust|Shortage|NoFree|NotEnough|Lack|Insufficient|UsedUp|OutOf|Used[A-Z]|Lower[lL]imit"
     r"|Overflow|Full|Capacity|Pool(?!Status)|User(Port)?(Max)?Num|(IP|Address|Prefix)Alloc|Fltr",
     "qualityOfService", "resourceAtOrNearingCapacity"),
    (r"Congest|Queue|FlowControl|Pfc", "qualityOfService", "congestion"),
    (r"Discard|PktsDrop|PacketsDrop|IngressDrop|Performance", "qualityOfService",
     "performanceDegraded"),
    (r"Threshold|Thres|Exceed|Over[A-Z]|High(?!Avail)|Low[A-Z]|Rising|Limit|Usage|Util|Overload"
     r"|Maximum|ReachMax|Resource|Loading|Pipe|BUM", "qualityOfService", "thresholdCrossed"),
    (r"Board|Card|Module|Slot|Chip|Hardware|Hw[A-Z]|Fru|Sensor|Chassis|Fabric|Stack|Backplane|Bus"
     r"|Led|Usb|Blade|Asic|Device|Entity|Component|Subrack|Probe|Fpga", "equipment",
     "equipmentMalfunction"),
    (r"Redundan|Protect|Backup|Master|Slave|Standby|Failover|Switchover|Ha[A-Z]|HA[A-Z]|[VS]rrp"
     r"|Cluster|SplitBrain", "equipment", "lossOfRedundancy"),
    (r"Pbr|Redirect|(?<!Re)Rout(e(?!Based)|ing)|BGP|Bgp|Ospf|Isis", "communications",
     "routingFailure"),
    (r"[Ll]ink|Port|port[A-Z]|If[A-Z]|Interface|Tunnel|Lsp|LSP|Session|Conn|Coms?|Peer|Neighbo"
     r"|Oam|OAM|Bfd|BFD|Trunk|Eth|Signal|Vpn|VPN|Vsi|Pw[A-Z]|Mpls|Path|Ap[A-Z]|AP[A-Z]|Radio|Loop"
     r"|[Rr]ing[A-Z]|Ring$|Erps|Eaps|Mstp|Stp[A-Z]|Mflp|Ping|Reach|Dhcp|DHCP|DNS|Nat[A-Z]|Arp"
     r"|Multicast|Igmp|Pim|Vlan|Mac|MAC|Server|Client|User|Member|Offline|OffLine|[Bb]eacon"
     r"|Register|Keepalive|Timeout|Unavailable|[Ee]rror-?[dD]own|LoadBalancer|Cem|Defect",
     "communications", "communicationsSubsystemFailure"),
    (r"Download", "processingError", "sfwrDownloadFailure"),
    (r"Software|Patch|Process|Service|Upgrade|Program|File|Database|Db[A-Z]|Task|Application"
     r"|Container|Agent|Plugin|NodeStatus", "processingError", "softwareError")]]

# Where no word says what it is, the module may.
MODULES = [(re.compile(modules), kind, cause) for modules, kind, cause in [
    (r"PORT|-IF-|OAM|MPLS|LACP|CFM|IMA|OTN|SONET|L2|CLOCK|PTP|ERPS|LSP|WLAN|DOT11|LWAPP|CGX|MERU"
     r"|STEEL", "communications", "transmissionError"),
    (r"ENTITY|-DC-|BASE-TRAP|DEVICE|CHASSIS|HARDWARE|STACK|SRM|PowerNet|Dell|DELL|IDRAC|-BSX-"
     r"|StorageManagement|FluidFS|LIEBERT|XUPS", "equipment", "equipmentMalfunction")]]

# Severity by the strongest word: what is gone altogether; what is only told; what announces
# itself; what was crossed.
_SEVERITIES = [(re.compile(words), severity) for words, severity in [
    (r"Critical|Fatal|Emergency|Fire(?!wall)|Smoke|Shutdown|AllFan|Serious", "critical"),
    (r"Informational", "warning"),
    (r"Minor|Warning$|Warn[A-Z]|NearlyExpir|EarlyWarning|AboutTo|Approaching", "minor"),
    (r"Major|[a-z]LowBattery$", "major"),
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
