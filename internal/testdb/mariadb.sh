# Keeps one throwaway MariaDB server: see keep in server.go for the protocol.
# SERVER, INSTALL, DIR, PORT and PASSWORD are in the environment. Nothing here
# must survive a crash, so everything that only serves durability is off, unless
# DURABLE is set: then the server is one to be crashed, with a database "outdial".
umask 077
server=
trap 'exit 1' HUP INT TERM
trap '[ -z "$server" ] || { kill -KILL "$server"; wait "$server"; } 2>/dev/null; rm -rf "$DIR"' EXIT

"$INSTALL" --no-defaults --datadir="$DIR/data" --tmpdir="$DIR" --skip-test-db --skip-name-resolve \
	--auth-root-authentication-method=normal --innodb-flush-method=nosync --innodb-log-file-size=32M \
	>"$DIR/log" 2>&1 || { cat "$DIR/log"; exit 1; }

printf "SET PASSWORD FOR 'root'@'127.0.0.1' = PASSWORD('%s');\n" "$PASSWORD" >"$DIR/init.sql"

durability="--innodb-flush-method=nosync --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=OFF --sync-frm=OFF"
if [ -n "$DURABLE" ]; then
	durability="--innodb-flush-log-at-trx-commit=1"
	echo 'CREATE DATABASE IF NOT EXISTS outdial;' >>"$DIR/init.sql"
fi

start() {
	: >"$DIR/log" # or the server would seem ready by what an earlier one said
	# shellcheck disable=SC2086 # several words on purpose
	"$SERVER" --no-defaults --datadir="$DIR/data" --tmpdir="$DIR" --socket="$DIR/socket" --pid-file="$DIR/pid" \
		--bind-address=127.0.0.1 --port="$PORT" --skip-name-resolve --init-file="$DIR/init.sql" \
		--max-connections=1000 --table-open-cache=4000 --performance-schema=OFF --skip-log-bin $durability \
		--innodb-log-file-size=32M --innodb-buffer-pool-size=256M --innodb-file-per-table=ON \
		--innodb-buffer-pool-dump-at-shutdown=OFF --innodb-buffer-pool-load-at-startup=OFF \
		--character-set-server=utf8mb4 </dev/null >>"$DIR/log" 2>&1 &
	server=$!
	until grep --quiet 'ready for connections' "$DIR/log"; do
		kill -0 "$server" 2>/dev/null || return 1
		sleep 0.05
	done
}
crash() {
	kill -KILL "$server" || return
	wait "$server" 2>/dev/null
	server=
}
start || { cat "$DIR/log"; exit 1; }
echo ready
while read -r command; do # ends when the process that wants the server is gone
	case $command in
	crash) crash ;;
	start) start ;;
	*) false ;;
	esac
	echo "$command: $?"
done
exit 0
