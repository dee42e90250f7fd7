FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 DATA_DIR=/data

RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent tracker \
    && install -d -o tracker -g tracker -m 0750 /data

WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
# Static files are part of the image. The key serves this one command.
RUN DATA_DIR=/tmp/build SECRET_KEY=collectstatic-needs-no-secret-but-settings-want-one \
    python manage.py collectstatic --no-input --verbosity 0 && rm -rf /tmp/build

USER tracker
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--timeout", "60", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
