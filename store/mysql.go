package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/go-sql-driver/mysql"
)

const (
	// mysqlConnectionLife is how old a connection gets: a proxy in between may
	// have moved to another server meanwhile.
	mysqlConnectionLife = 5 * time.Minute
	// mysqlLockWait is how long a statement waits for a row before the whole
	// transaction is tried again.
	mysqlLockWait = 10 * time.Second
	// mysqlAnswerWait is how long an answer may take on a connection that may be
	// dead; it is longer than any statement of ours waits for a row.
	mysqlAnswerWait = 30 * time.Second
)

// openMySQL opens a pool on MySQL or MariaDB.
func openMySQL(ctx context.Context, raw string, options Options) (*Store, error) {
	config, err := mysqlConfig(raw, options.silence())
	if err != nil {
		return nil, fmt.Errorf("read the mysql:// database URL: %w", err)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("read the mysql:// database URL: %w", err)
	}
	db := sql.OpenDB(connector)
	connections := defaultMaxConnections
	if options.MaxConnections > 0 {
		connections = options.MaxConnections
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxLifetime(mysqlConnectionLife)
	db.SetConnMaxIdleTime(options.silence() / 2) // before the server closes it
	var version string
	if err := db.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return nil, errors.Join(fmt.Errorf("reach MySQL: %w", err), db.Close())
	}
	if !mysqlFits(version) {
		return nil, errors.Join(fmt.Errorf("MySQL 8.0 or MariaDB 10.6 is the oldest that will do, not %s", version), db.Close())
	}
	return &Store{
		dialect: dialect.MySQL,
		mysql:   config,
		writer:  db,
		readers: db,
		reads:   newClient(entsql.OpenDB(dialect.MySQL, db)),
		close:   []func() error{db.Close},
	}, nil
}

// mysqlConfig reads mysql://USER:PASSWORD@HOST:PORT/NAME. Parameters of the URL
// are the driver's, such as tls=true.
//
// A row that matches counts as changed even where it was so before: guards are
// judged by these counts. Texts compare byte for byte, as elsewhere. The server
// drops a connection that is silent for a while, and its locks with it: the
// process may be frozen in the middle of a transaction.
func mysqlConfig(raw string, silence time.Duration) (*mysql.Config, error) {
	at, err := url.Parse(raw)
	if err != nil {
		return nil, errors.Unwrap(err) // without the URL, which holds the password
	}
	address, database := at.Host, strings.Trim(at.Path, "/")
	if at.Hostname() == "" || database == "" {
		return nil, errors.New("it must name host and database, such as mysql://user:password@host:3306/outdial")
	}
	if at.Port() == "" {
		address = net.JoinHostPort(at.Hostname(), "3306")
	}
	config, err := mysql.ParseDSN("tcp(" + address + ")/" + url.PathEscape(database) + "?" + at.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("its parameters: %w", err)
	}
	config.User = at.User.Username()
	config.Passwd, _ = at.User.Password()
	config.ParseTime, config.Loc = true, time.UTC
	config.ClientFoundRows, config.InterpolateParams, config.MultiStatements = true, true, false
	config.Collation = "utf8mb4_bin"
	if err := config.Apply(mysql.Charset("utf8mb4", config.Collation)); err != nil {
		return nil, fmt.Errorf("set the character set: %w", err)
	}
	config.Logger = &mysql.NopLogger{} // what is worth knowing comes back as an error
	config.DialFunc = dialing().DialContext
	config.Timeout, config.ReadTimeout, config.WriteTimeout = connectTimeout, mysqlAnswerWait, mysqlAnswerWait
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	config.Params["time_zone"] = "'+00:00'"
	config.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	config.Params["innodb_lock_wait_timeout"] = seconds(mysqlLockWait)
	config.Params["wait_timeout"] = seconds(silence)
	return config, nil
}

// silenceOf is the silence after which the server ends a connection.
func silenceOf(config *mysql.Config) time.Duration {
	n, err := strconv.Atoi(config.Params["wait_timeout"])
	if err != nil || n < 1 {
		return time.Second
	}
	return time.Duration(n) * time.Second
}

func seconds(d time.Duration) string { return strconv.Itoa(int(max(1, d/time.Second))) }

// mysqlFits reports whether a server has what is needed: SKIP LOCKED and
// JSON_TABLE.
func mysqlFits(version string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return true // another's spelling; what is missing will be said by name
	}
	if strings.Contains(version, "MariaDB") {
		return major > 10 || (major == 10 && minor >= 6)
	}
	return major >= 8
}
