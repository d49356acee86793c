# The local stack in a container: `docker compose up --wait`. Not for production: SECURITY.md.
ARG BASE=python:3.13-slim-trixie
FROM ${BASE}

# The embedded model needs libgomp. Any version of both will do.
# hadolint ignore=DL3008
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends libgomp1 make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /larder
COPY . .
# uv, the packages of uv.lock, the SAM CLI, the emulator and the small model.
RUN make tools .tools/model/.installed
ENV PATH=/larder/.venv/bin:/larder/.tools/uv/bin:$PATH

# Outside of the container, the port has to be the same: links to S3 name it.
ENV LARDER_BIND=0.0.0.0
EXPOSE 4566
VOLUME /larder/.local
CMD ["python", "-m", "local", "run", "--port", "4566"]
