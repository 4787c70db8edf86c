#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A mail server that keeps what it gets (Debian: python3-aiosmtpd).

    smtp_sink.py --port 0 --write-port FILE --mails DIR      plain
                 --starttls CERT KEY                         STARTTLS offered and required
                 --tls CERT KEY                              TLS from the first octet (465)
                 --client-ca FILE                            with either: a client certificate too
                 --auth USER:PASSWORD                        AUTH offered (after TLS) and required
                 --reply RULE                                refusals, any number of them

Each mail becomes DIR/0001.eml, as it came, and then DIR/0001.json:
    {number, from, recipients, helo, user, tls, subject, text, headers: [[name, value], ...],
     parts: [type, ...], html: {tags: [...], text}, defects: [...], longest_line}
where subject and text are decoded by Python's email package, and html is what Python's HTML parser
finds: each tag with its attributes, and the text between them. DIR/commands.log has one line for
each EHLO, AUTH, MAIL, RCPT and DATA. The port is in FILE once the server listens. Without --mails
each mail is shown on standard output. Ends on SIGTERM and SIGINT.

A RULE is STAGE[:ADDRESS][#COUNT]=ANSWER. Stages: mail, rcpt (of ADDRESS, else of all), data (in
place of 354), end (behind the message), content (behind one that has ADDRESS, a word, in its body),
starttls. COUNT: only the first so many times. ANSWER: a
reply, a "\\n" in it begins another line; or "close": the connection is cut, with stage data in the
middle of the message; or "stall": nothing more is said.
    --reply 'rcpt:bad@example.net=550 5.1.1 no such user' --reply 'end#1=451 4.7.1 later'
"""
import argparse
import asyncio
import email
import email.policy
import html.parser
import json
import logging
import os
import signal
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Rule:
    def __init__(self, text):
        where, separator, self.answer = text.partition("=")
        if not separator:
            raise argparse.ArgumentTypeError("expected STAGE[:ADDRESS][#COUNT]=ANSWER")
        where, _, count = where.partition("#")
        self.left = int(count) if count else None
        self.stage, _, self.address = where.partition(":")
        if self.stage not in ("mail", "rcpt", "data", "end", "content", "starttls"):
            raise argparse.ArgumentTypeError("unknown stage " + self.stage)

    def applies(self, stage, address):
        if stage != self.stage or self.left == 0:
            return False
        if self.stage == "content" and self.address not in address:
            return False
        if self.stage != "content" and self.address and address != self.address:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Page(html.parser.HTMLParser):
    """What a page says, and the tags that it says it with."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(" ".join([tag] + ["%s=%s" % pair for pair in attrs]))

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.tags.append("comment " + data)

    def handle_pi(self, data):
        self.tags.append("instruction " + data)


class Sink:
    """What all connections share: rules, and the mails so far."""

    def __init__(self, options):
        self.options = options
        kept = os.listdir(options.mails) if options.mails else []
        self.count = sum(name.endswith(".json") for name in kept)

    def log(self, line):
        if self.options.mails:
            with open(os.path.join(self.options.mails, "commands.log"), "a") as log:
                log.write(line + "\n")

    def answer(self, stage, address=None):
        for rule in self.options.reply:
            if rule.applies(stage, address):
                return rule.answer
        return None

    def keep(self, session, envelope):
        self.count += 1
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        body = message.get_body(("plain",))
        styled = message.get_body(("html",))
        page = Page(styled.get_content()) if styled else None
        about = {
            "number": self.count,
            "from": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "helo": session.host_name,
            "user": session.auth_data.decode() if session.auth_data else "",
            "tls": session.ssl is not None or self.options.tls is not None,
            "subject": str(message["subject"]),
            "text": body.get_content() if body else "",
            "headers": [[name, str(value)] for name, value in message.items()],
            "parts": [part.get_content_type() for part in message.walk()],
            "html": {"tags": page.tags, "text": page.text} if page else None,
            "defects": [repr(defect) for part in message.walk() for defect in part.defects],
            "longest_line": max(map(len, envelope.original_content.split(b"\r\n"))),
        }
        if not self.options.mails:
            print(json.dumps(about, indent=2, ensure_ascii=False), flush=True)
            return
        name = os.path.join(self.options.mails, "%04d" % self.count)
        with open(name + ".eml", "wb") as file:
            file.write(envelope.original_content)
        with open(name + ".part", "w") as file:
            json.dump(about, file)
        os.rename(name + ".part", name + ".json")


def body_of(envelope):
    message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
    body = message.get_body(("plain",))
    return body.get_content() if body else ""


class Handler:
    def __init__(self, sink):
        self.sink = sink

    async def act(self, server, answer):
        if answer == "close":
            server.transport.abort()
        elif answer == "stall":
            await asyncio.sleep(3600)
        return answer.replace("\\n", "\r\n")

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.sink.log("EHLO " + hostname)
        session.host_name = hostname
        if self.sink.options.auth:
            return responses
        # aiosmtpd offers logins even where nobody can log in.
        return [line for line in responses if not line.startswith("250-AUTH")]

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        self.sink.log("MAIL " + address)
        answer = self.sink.answer("mail", address)
        if answer:
            return await self.act(server, answer)
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        self.sink.log("RCPT " + address)
        answer = self.sink.answer("rcpt", address)
        if answer:
            return await self.act(server, answer)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        self.sink.log("DATA")
        answer = self.sink.answer("end") or self.sink.answer("content", body_of(envelope))
        if answer:
            return await self.act(server, answer)
        self.sink.keep(session, envelope)
        return "250 2.0.0 OK, kept as %d" % self.sink.count


class Server(SMTP):
    """With the misbehaviour that handlers cannot show."""

    def __init__(self, sink, **settings):
        self.sink = sink
        super().__init__(Handler(sink), **settings)

    async def smtp_DATA(self, arg):
        answer = self.sink.answer("data") if self.envelope.rcpt_tos else None
        if answer is None:
            await super().smtp_DATA(arg)
        elif answer == "close":
            await self.push("354 go on")
            await self._reader.readline()
            self.transport.abort()
        else:
            await self.push(await self.event_handler.act(self, answer))

    async def smtp_STARTTLS(self, arg):
        answer = self.sink.answer("starttls")
        if answer is None:
            await super().smtp_STARTTLS(arg)
        else:
            await self.push(await self.event_handler.act(self, answer))


def tls_context(files, client_ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def authenticator(expected, sink):
    user, _, password = expected.partition(":")

    def check(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword)
        good = good and (data.login, data.password) == (user.encode(), password.encode())
        sink.log("AUTH %s %s" % (mechanism, "good" if good else "bad"))
        return AuthResult(success=good, handled=False, auth_data=data.login if good else None)

    return check


def read_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--write-port", metavar="FILE")
    parser.add_argument("--mails", metavar="DIR")
    parser.add_argument("--starttls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--client-ca", metavar="FILE")
    parser.add_argument("--auth", metavar="USER:PASSWORD")
    parser.add_argument("--reply", type=Rule, action="append", default=[], metavar="RULE")
    return parser.parse_args()


async def serve(options):
    sink = Sink(options)
    settings = {"hostname": "sink", "ident": "smtp_sink", "data_size_limit": 64 << 20}
    if options.starttls:
        settings["tls_context"] = tls_context(options.starttls, options.client_ca)
        settings["require_starttls"] = True
    if options.auth:
        settings["authenticator"] = authenticator(options.auth, sink)
        settings["auth_required"] = True
        settings["auth_require_tls"] = bool(options.starttls)
    implicit = tls_context(options.tls, options.client_ca) if options.tls else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(sink, loop=loop, **settings), options.listen, options.port, ssl=implicit)
    port = server.sockets[0].getsockname()[1]
    if options.write_port:
        with open(options.write_port + ".part", "w") as file:
            file.write("%d\n" % port)
        os.rename(options.write_port + ".part", options.write_port)
    else:
        print("listening on %s:%d" % (options.listen, port), file=sys.stderr, flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    # aiosmtpd announces its own deprecations, and a trace for each handshake that is broken off.
    warnings.simplefilter("ignore")
    logging.disable()
    asyncio.run(serve(read_options()))
