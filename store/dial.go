package store

import (
	"net"
	"time"
)

const (
	// connectTimeout bounds the making of a connection.
	connectTimeout = 10 * time.Second
	// unheardTimeout is how long a connection may be without a sign of life from
	// the other host, once there is a reason to expect one.
	unheardTimeout = 30 * time.Second
)

// dialing makes connections that notice within unheardTimeout of silence when
// the other host, or the way to it, is gone: nobody ends such a connection.
func dialing() *net.Dialer {
	return &net.Dialer{
		Timeout: connectTimeout,
		Control: limitUnacknowledged,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: unheardTimeout / 2, Interval: unheardTimeout / 6, Count: 3,
		},
	}
}
