# One image for all parts: mailgate run | smtp | worker | db upgrade | ...
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY deploy/install.sh deploy/install.sh
COPY deploy/share deploy/share
COPY mailgate mailgate
COPY templates templates
RUN deploy/install.sh /opt/mailgate
# flanker writes its grammar tables at the first import; at run time nothing under /opt can be written.
RUN /opt/mailgate/bin/mailgate parse --json - </dev/null >/dev/null

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10025 --user-group --create-home --home-dir /var/lib/mailgate mailgate \
    && install -d -o mailgate -g mailgate -m 0700 /var/lib/mailgate/var
COPY --from=build /opt/mailgate /opt/mailgate
ENV PATH=/opt/mailgate/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10025:10025
# State (SQLite's file, the secrets) is in /var/lib/mailgate/var. Settings come from a mounted /var/lib/mailgate/mailgate.toml, or from
# MAILGATE_SECTION__KEY: MAILGATE_DATABASE__URL (such as sqlite:///var/mailgate.db) at least, so that operators' commands find it.
WORKDIR /var/lib/mailgate
VOLUME /var/lib/mailgate/var
EXPOSE 2525
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9125/ready', timeout=4)"]
ENTRYPOINT ["mailgate"]
CMD ["run"]
