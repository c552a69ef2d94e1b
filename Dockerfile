# The server, in two steps: what builds it stays behind.
#
#   docker build --tag reflect .
#   docker run --rm --volume reflect:/data reflect keys create --master   # once; note the key
#   docker run --volume reflect:/data --publish 127.0.0.1:8000:8000 reflect

FROM python:3.13-slim AS build

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY generated generated
COPY reflect reflect
RUN python -m venv /opt/reflect \
    && /opt/reflect/bin/pip install --no-cache-dir ".[server,openai,otel]"

FROM python:3.13-slim

RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin reflect \
    && install --directory --owner reflect --group reflect --mode 0700 /data
COPY --from=build /opt/reflect /opt/reflect

# Other machines reach the server through the published port, so it starts only with a key.
ENV PATH=/opt/reflect/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    REFLECT_CONFIG="" \
    REFLECT_DATA_DIR=/data \
    REFLECT_HOST=0.0.0.0 \
    REFLECT_PORT=8000 \
    REFLECT_LOG_FORMAT=json \
    REFLECT_LOG_LEVEL=info

USER reflect
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"REFLECT_PORT\"]}/ready', timeout=4)"]

ENTRYPOINT ["reflect"]
CMD ["serve"]
