# syntax=docker/dockerfile:1.7
#
# One image, one binary; the command says which role a container plays:
#   docker build -t stevedore . && docker run --rm stevedore --help

ARG RUST_VERSION=1.95
ARG DEBIAN_RELEASE=bookworm

FROM rust:${RUST_VERSION}-slim-${DEBIAN_RELEASE} AS build
WORKDIR /src
COPY . .
# Shown by `stevedore_build_info` and in the image's labels.
ARG REVISION=unknown
# The caches stay on the build machine: a changed line of ours compiles our crates and no others.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    STEVEDORE_REVISION="${REVISION}" cargo build --release --locked --package stevedore-cli \
    && install -D --mode=755 --strip target/release/stevedore /out/stevedore

FROM debian:${DEBIAN_RELEASE}-slim AS run
ARG DEBIAN_RELEASE
ARG REVISION=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="Stevedore" \
      org.opencontainers.image.description="Order fulfilment on one PostgreSQL" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/debian:${DEBIAN_RELEASE}-slim"
# Providers are called over TLS and trust what the system trusts.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/stevedore /usr/local/bin/stevedore
COPY --chmod=755 crates/telemetry/health /usr/local/bin/stevedore-health
# A number, not a name, so that Kubernetes can see that it is not root. It owns nothing: the root
# file system may be read-only.
USER 10001:10001
ENV STEVEDORE_LOG_FORMAT=json \
    STEVEDORE_HEALTH_PORT=8080
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["stevedore-health"]
ENTRYPOINT ["stevedore"]
CMD ["--help"]
