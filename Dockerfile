# The hub alone; Kafka and PostgreSQL stand beside it in compose.yaml.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY pyproject.toml requirements.in README.md LICENSE ./
COPY schemas ./schemas
COPY producers ./producers
COPY consumers ./consumers
COPY hub ./hub
RUN pip install --no-cache-dir --no-deps . \
    && useradd --system --home-dir /var/lib/huehub --create-home huehub

USER huehub
ENV HUB_DATA_DIR=/var/lib/huehub HUB_HOST=0.0.0.0 HUB_PORT=8080
VOLUME /var/lib/huehub
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["huehub", "up"]
