# The receivers that compose.yaml sends to, from Debian's own packages. Both print what they get.

FROM debian:12-slim AS mail
RUN apt-get update && apt-get install -y --no-install-recommends python3-aiosmtpd \
 && rm -rf /var/lib/apt/lists/*
USER nobody
ENV PYTHONUNBUFFERED=1
EXPOSE 8025/tcp
ENTRYPOINT ["/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l", "0.0.0.0:8025"]

FROM debian:12-slim AS syslog
RUN apt-get update && apt-get install -y --no-install-recommends rsyslog \
 && rm -rf /var/lib/apt/lists/*
COPY docker/rsyslog.conf /etc/rsyslog.conf
EXPOSE 6514/tcp
ENTRYPOINT ["/usr/sbin/rsyslogd", "-n", "-i", "/run/rsyslogd.pid"]
