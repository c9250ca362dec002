# Keeps one throwaway PostgreSQL server: see keep in server.go for the protocol.
# BIN, DIR, PORT and PASSWORD are in the environment. Nothing here must survive
# a crash, so everything that only serves durability is off, unless DURABLE is
# set: then the server is one to be crashed.
umask 077
trap 'exit 1' HUP INT TERM
trap '"$BIN/pg_ctl" -D "$DIR/data" -m immediate -w stop >/dev/null 2>&1; rm -rf "$DIR"' EXIT

# What a letter's lower case is, as a database has it that is not in the C locale.
CTYPE=$(locale -a 2>/dev/null | grep -i -m1 -E '^(C|en_US)\.utf-?8$' || echo C)

printf '%s\n' "$PASSWORD" >"$DIR/password"
"$BIN/initdb" -D "$DIR/data" -U postgres --pwfile="$DIR/password" -A scram-sha-256 \
	--encoding=UTF8 --locale=C --lc-ctype="$CTYPE" --no-sync >"$DIR/log" 2>&1 || { cat "$DIR/log"; exit 1; }

cat >>"$DIR/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $PORT
unix_socket_directories = ''
max_connections = 200
wal_level = minimal
max_wal_senders = 0
max_wal_size = 256MB
jit = off
timezone = 'UTC'
CONF
[ -n "$DURABLE" ] || cat >>"$DIR/data/postgresql.conf" <<CONF
fsync = off
synchronous_commit = off
full_page_writes = off
CONF

start() { "$BIN/pg_ctl" -D "$DIR/data" -l "$DIR/log" -w -t 60 start </dev/null >/dev/null 2>&1; }
start || { cat "$DIR/log"; exit 1; }
echo ready
while read -r command; do # ends when the process that wants the server is gone
	case $command in
	crash) "$BIN/pg_ctl" -D "$DIR/data" -m immediate -w stop </dev/null >/dev/null 2>&1 ;;
	start) start ;;
	*) false ;;
	esac
	echo "$command: $?"
done
exit 0
