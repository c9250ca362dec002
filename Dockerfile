FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/outdial . \
 && mkdir -p /out/data

# Only the health check needs it: the final image has no shell and no programs.
FROM busybox:1.37.0-musl AS busybox

# Certificates, time zones, an account without rights, and nothing else.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=busybox /bin/wget /bin/wget
COPY --from=build /out/outdial /usr/local/bin/outdial
COPY --from=build --chown=nonroot:nonroot /out/data /var/lib/outdial/data

# The default database is data/outdial.db below the working directory.
WORKDIR /var/lib/outdial
VOLUME /var/lib/outdial/data
USER nonroot:nonroot

# Inside a container, loopback is nobody's; what is published decides who may come.
ENV ADDR=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["/bin/wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/readyz"]

# Calls end by themselves or are handed over before the program stops, so give
# `docker stop` more than DRAIN_TIMEOUT.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/outdial"]
