# SPDX-License-Identifier: Apache-2.0
"""The real receivers: rsyslogd, snmptrapd, and two mail servers."""
import email
import email.policy
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess

from loopback import free_port, own_directory, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(os.path.dirname(os.path.dirname(HERE)), "mib", "modules")
POSTFIX_MASTER = "/usr/lib/postfix/sbin/master"


class Certificates:
    """A CA, a server and a client, made with openssl."""

    def __init__(self, add_cleanup):
        self.directory = own_directory(add_cleanup, "trapd-tls-")
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", "/CN=Test CA", "-days", "100", "-keyout", self / "ca.key",
                 "-out", self / "ca.pem")
        self.issue("server", "DNS:logs.example.net,IP:127.0.0.1")
        self.issue("client", "DNS:gw.example.net")

    def __truediv__(self, name):
        return os.path.join(self.directory, name)

    def run(self, *arguments):
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True,
                              text=True).stdout

    def issue(self, name, alternative_names):
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                 "/CN=" + name, "-keyout", self / (name + ".key"), "-out", self / (name + ".csr"))
        with open(self / (name + ".ext"), "w") as file:
            file.write("subjectAltName=" + alternative_names + "\n")
        self.run("x509", "-req", "-in", self / (name + ".csr"), "-CA", self / "ca.pem", "-CAkey",
                 self / "ca.key", "-CAcreateserial", "-days", "100", "-extfile",
                 self / (name + ".ext"), "-out", self / (name + ".pem"))

    def fingerprint(self, name):
        text = self.run("x509", "-in", self / (name + ".pem"), "-noout", "-fingerprint", "-sha256")
        return "sha-256:" + text.strip().split("=")[1]


class Peer:
    """One process in a directory of its own; it ends with the test."""

    def __init__(self, test, prefix):
        self.directory = own_directory(test.addCleanup, prefix)
        self.process = None
        test.addCleanup(self.close)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def text(self, name):
        if not os.path.exists(self.path(name)):
            return ""
        with open(self.path(name), errors="replace") as file:
            return file.read()

    def run(self, words, **named):
        with open(self.path("out"), "ab") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, **named)

    def await_start(self, started, what):
        def has_started():
            if self.process.poll() is not None:
                raise AssertionError("%s ended with %d: %s" %
                                     (what, self.process.returncode, self.text("out")))
            return started()
        wait_for(has_started, "start of " + what)

    def accepts(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def pause(self):
        """It takes nothing more until it is resumed."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.resume()
        self.process.wait(20)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.stop()


class Rsyslogd(Peer):
    """One rsyslogd that writes what it has parsed as JSON lines."""

    def __init__(self, test, transport, certificates=None, client_name=None):
        super().__init__(test, "trapd-rsyslog-")
        self.transport = transport
        self.port = free_port(socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM)
        self.config = self.write("rsyslog.conf", self.configuration(certificates, client_name))
        self.start()

    def configuration(self, certificates, client_name):
        fields = ["pri", "timereported", "hostname", "app-name", "procid", "msgid",
                  "structured-data", "msg", "rawmsg"]
        properties = 'constant(value=",")'.join(
            'property(name="%s" outname="%s" format="jsonf"%s)' %
            (f, f, ' dateFormat="rfc3339"' if f == "timereported" else "") for f in fields)
        text = ('global(workDirectory="%s" maxMessageSize="64k" '
                'processInternalMessages="on" %s)\n') % (
            self.directory,
            'defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="%s" '
            'defaultNetstreamDriverCertFile="%s" defaultNetstreamDriverKeyFile="%s"' %
            (certificates / "ca.pem", certificates / "server.pem", certificates / "server.key")
            if certificates else "")
        text += ('template(name="json" type="list") {constant(value="{")%s'
                 'constant(value="}\\n")}\n' % properties)
        if self.transport == "udp":
            text += ('module(load="imudp")\n'
                     'input(type="imudp" address="127.0.0.1" port="%d" ruleset="in")\n' % self.port)
        else:
            tls = ""
            if certificates:
                mode = ('StreamDriver.AuthMode="x509/name" PermittedPeer=["%s"]' % client_name
                        if client_name else 'StreamDriver.AuthMode="anon"')
                tls = 'StreamDriver.Name="ossl" StreamDriver.Mode="1" ' + mode
            text += ('module(load="imtcp" %s)\n'
                     'input(type="imtcp" address="127.0.0.1" port="%d" ruleset="in")\n' %
                     (tls, self.port))
        # What it says itself opens the log before anybody connects: this rsyslogd closes the socket
        # of a TLS session twice, and the second time it would be the log that has its number.
        return text + ('ruleset(name="in") {action(type="omfile" file="%s" template="json")}\n'
                       'call in\n' % self.path("log"))

    def start(self):
        before = len(self.entries())
        self.run(["/usr/sbin/rsyslogd", "-n", "-f", self.config, "-i", self.path("pid")])
        self.await_start(lambda: len(self.entries()) > before and self.listens(), "rsyslogd")

    def listens(self):
        if self.transport != "udp":
            return self.accepts()
        port = ":%04X " % self.port
        with open("/proc/net/udp") as table:
            return any(port in line for line in table)

    def entries(self):
        return [json.loads(line) for line in self.text("log").splitlines(True)
                if line.endswith("\n")]

    def messages(self):
        """Of others."""
        return [entry for entry in self.entries() if not entry["app-name"].startswith("rsyslogd")]

    def numbers(self):
        return [int(re.search(r"number (\d+)", m["msg"]).group(1)) for m in self.messages()
                if "number " in m["msg"]]


class Snmptrapd(Peer):
    """One snmptrapd that writes a line for each notification, with numbers or with names."""

    def __init__(self, test, config, names=False):
        super().__init__(test, "trapd-snmptrapd-")
        self.port = free_port()
        self.names = names
        self.write("snmptrapd.conf",
                   "format2 N|%P|%b|%v\\n\nagentXSocket tcp:127.0.0.1:1\n" + config)
        self.start()

    def start(self):
        mibs = ["-M", MODULES, "-m", "ALL", "-OQ"] if self.names else ["-m", "", "-On"]
        environment = dict(os.environ, SNMP_PERSISTENT_DIR=self.path("state"),
                           SNMPCONFPATH=self.directory, MIBDIRS=MODULES)
        before = self.text("log").count("NET-SNMP version")
        self.run(["/usr/sbin/snmptrapd", "-f", "-C", "-c", self.path("snmptrapd.conf"), "-A",
                  "-Lf", self.path("log"), *mibs, "udp:127.0.0.1:%d" % self.port],
                 env=environment)
        self.await_start(lambda: self.text("log").count("NET-SNMP version") > before, "snmptrapd")

    def entries(self):
        """Each as what snmptrapd says of its security and its path, and its varbinds:
        [(security, path, [(name, value)])]."""
        found = []
        for line in self.text("log").splitlines(True):
            if line.startswith("N|") and line.endswith("\n"):
                _, security, path, varbinds = line.rstrip("\n").split("|", 3)
                found.append((security, path, [tuple(part.split(" = ", 1))
                                               for part in varbinds.split("\t")]))
        return found

    def notifications(self):
        """Each as its varbinds, in their order: [(name, value)]."""
        return [varbinds for _, _, varbinds in self.entries()]

    def wait_for_notifications(self, count):
        wait_for(lambda: len(self.notifications()) >= count, "%d notifications" % count)
        return self.notifications()


class SmtpSink(Peer):
    """tests/interop/smtp_sink.py: STARTTLS and a login are required."""
    LOGIN = {"user": "trapd", "password": "maplesyrup-mail"}

    def __init__(self, test, certificates, rules=()):
        super().__init__(test, "trapd-smtp-sink-")
        os.mkdir(self.path("mails"))
        self.certificates = certificates
        self.port = 0
        self.start(rules)

    def start(self, rules=()):
        """On the port it had before, if it had one."""
        if os.path.exists(self.path("port")):
            os.remove(self.path("port"))
        replies = [word for rule in rules for word in ("--reply", rule)]
        self.run(["/usr/bin/python3", os.path.join(HERE, "smtp_sink.py"), "--port",
                  str(self.port), "--write-port", self.path("port"), "--mails",
                  self.path("mails"), "--starttls", self.certificates / "server.pem",
                  self.certificates / "server.key", "--auth",
                  "%(user)s:%(password)s" % self.LOGIN, *replies])
        self.await_start(lambda: os.path.exists(self.path("port")), "smtp_sink.py")
        self.port = int(self.text("port"))

    def restart(self, rules=()):
        """With other rules; what it has is kept."""
        self.stop()
        self.start(rules)

    def mails(self):
        """In the order in which they came."""
        names = sorted(n for n in os.listdir(self.path("mails")) if n.endswith(".json"))
        return [read_mail(self.path(os.path.join("mails", n[:-5] + ".eml"))) for n in names]


class Postfix(Peer):
    """A postfix of the test's own: its configuration, queue and port. It takes mail for
    example.net, with STARTTLS only, and keeps it in a Maildir. Its master needs root."""
    SERVICES = """\
127.0.0.1:%d inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""

    def __init__(self, test, certificates):
        super().__init__(test, "trapd-postfix-")
        self.port = free_port(socket.SOCK_STREAM)
        os.chmod(self.directory, 0o755)
        for name in ("etc", "queue", "data", "mails"):
            os.mkdir(self.path(name))
        shutil.chown(self.path("data"), "postfix")
        shutil.chown(self.path("mails"), "nobody")
        self.write("etc/main.cf", self.configuration(certificates))
        self.write("etc/master.cf", self.SERVICES % self.port)
        made = subprocess.run(["/usr/sbin/postfix", "-c", self.path("etc"), "check"],
                              capture_output=True, text=True)
        if made.returncode != 0:
            raise AssertionError("postfix check: " + made.stderr + self.text("log"))
        # At its end it signals its whole process group, which must not be that of the test.
        self.run([POSTFIX_MASTER, "-c", self.path("etc"), "-d"], start_new_session=True)
        self.await_start(self.accepts, "postfix")

    @staticmethod
    def can_run():
        return os.geteuid() == 0 and os.path.exists(POSTFIX_MASTER)

    def configuration(self, certificates):
        nobody = pwd.getpwnam("nobody")
        settings = {
            "compatibility_level": "3.6", "queue_directory": self.path("queue"),
            "data_directory": self.path("data"), "maillog_file": self.path("log"),
            "maillog_file_prefixes": self.directory, "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4", "myhostname": "mail.example.net", "mydestination": "",
            "alias_maps": "", "local_recipient_maps": "", "virtual_mailbox_domains": "example.net",
            "virtual_mailbox_base": self.path("mails"), "virtual_mailbox_maps": "static:all/",
            "virtual_uid_maps": "static:%d" % nobody.pw_uid,
            "virtual_gid_maps": "static:%d" % nobody.pw_gid,
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_cert_file": certificates / "server.pem",
            "smtpd_tls_key_file": certificates / "server.key",
        }
        return "".join("%s = %s\n" % pair for pair in settings.items())

    def mails(self):
        """In the order in which they were delivered."""
        new = self.path("mails/all/new")
        names = os.listdir(new) if os.path.isdir(new) else []
        names.sort(key=lambda name: os.stat(os.path.join(new, name)).st_mtime_ns)
        return [read_mail(os.path.join(new, name)) for name in names]


def read_mail(path):
    with open(path, "rb") as file:
        return email.message_from_binary_file(file, policy=email.policy.default)


def plain_text(mail):
    return mail.get_body(("plain",)).get_content()
