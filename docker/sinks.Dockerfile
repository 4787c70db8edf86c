# The receivers that compose.yaml sends to, from Debian's own packages. Both print what they get.

FROM debian:12-slim AS packages
COPY docker/install docker/packages /tmp/docker/
RUN /tmp/docker/install sinks && rm -rf /tmp/docker /var/lib/apt/lists/*

FROM packages AS mail
USER nobody
ENV PYTHONUNBUFFERED=1
EXPOSE 8025/tcp
ENTRYPOINT ["/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l", "0.0.0.0:8025"]

FROM packages AS syslog
COPY docker/rsyslog.conf /etc/rsyslog.conf
EXPOSE 6514/tcp
ENTRYPOINT ["/usr/sbin/rsyslogd", "-n", "-i", "/run/rsyslogd.pid"]
