package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// weather is what a proxy does to what passes through it.
type weather struct {
	cut       bool          // connections are closed, new ones at once
	refuse    bool          // with cut: nobody listens at all
	stallUp   bool          // nothing gets to the server, and nobody is told
	stallDown bool          // nothing comes back
	delay     time.Duration // before each piece in each direction
}

// proxy stands between a node and one server, on this machine.
type proxy struct {
	Addr string

	mu       sync.Mutex
	target   string
	listener net.Listener          // guarded by mu; nil while refused
	conns    map[net.Conn]struct{} // guarded by mu
	weather  weather               // guarded by mu
	changed  chan struct{}         // guarded by mu; closed at every change of the weather
	closed   bool                  // guarded by mu
}

func newProxy(target string) (*proxy, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p := &proxy{
		Addr: listener.Addr().String(), target: target, listener: listener,
		conns: map[net.Conn]struct{}{}, changed: make(chan struct{}),
	}
	go p.accept(listener)
	return p, nil
}

func (p *proxy) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go p.carry(client)
	}
}

// carry connects a client with the server until one of them closes.
func (p *proxy) carry(client net.Conn) {
	defer client.Close() //nolint:errcheck // either way it is over
	if !p.enter(client) {
		return
	}
	defer p.leave(client)
	server, err := new(net.Dialer).Dial("tcp", p.target)
	if err != nil || !p.enter(server) {
		return
	}
	defer p.leave(server)
	defer server.Close() //nolint:errcheck // either way it is over
	var both sync.WaitGroup
	both.Go(func() { p.pump(server, client, func(w weather) bool { return w.stallUp }) })
	both.Go(func() { p.pump(client, server, func(w weather) bool { return w.stallDown }) })
	both.Wait()
}

// pump copies one direction. What has been read is delivered once the weather
// lets it through, whoever has closed meanwhile: so late do packets arrive.
func (p *proxy) pump(to, from net.Conn, stalled func(weather) bool) {
	defer func() {
		if half, ok := to.(*net.TCPConn); ok {
			_ = half.CloseWrite() // it may be closed whole
		}
	}()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			p.wait(stalled)
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			p.wait(stalled)
			return
		}
	}
}

// wait returns once the weather lets a piece through.
func (p *proxy) wait(stalled func(weather) bool) {
	for {
		p.mu.Lock()
		now, changed := p.weather, p.changed
		p.mu.Unlock()
		if !stalled(now) {
			time.Sleep(now.delay)
			return
		}
		<-changed
	}
}

func (p *proxy) enter(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.weather.cut {
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *proxy) leave(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// set changes the weather.
func (p *proxy) set(w weather) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.weather = w
	close(p.changed)
	p.changed = make(chan struct{})
	if w.cut {
		p.drop(false)
	}
	if w.cut && w.refuse && p.listener != nil {
		err := p.listener.Close()
		p.listener = nil
		return err
	}
	if p.listener != nil || p.closed {
		return nil
	}
	var err error
	if p.listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", p.Addr); err != nil {
		return fmt.Errorf("listen again: %w", err)
	}
	go p.accept(p.listener)
	return nil
}

// reset ends every connection as a crashed peer does.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(true)
}

func (p *proxy) drop(hard bool) {
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok && hard {
			_ = tcp.SetLinger(0) // it may be closed already
		}
		_ = c.Close()
	}
}

func (p *proxy) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.set(weather{cut: true, refuse: true})
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
