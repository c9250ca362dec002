package chaos

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// journal is a file of JSON lines that are on disk before anybody acts on them.
// Lines that come together share one wait for the disk. It is safe for
// concurrent use.
type journal struct {
	file *os.File

	mu      sync.Mutex
	pending []byte        // guarded by mu
	wake    chan struct{} // tells flush of pending lines; closed by Close
	next    chan struct{} // guarded by mu; closed once what is pending is on disk
	closed  bool          // guarded by mu
	done    chan struct{}
	err     error // guarded by mu; the first, after which nothing is durable any more
}

func openJournal(path string) (*journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	j := &journal{file: file, wake: make(chan struct{}, 1), next: make(chan struct{}), done: make(chan struct{})}
	go j.flush()
	return j, nil
}

// add appends a line and returns what is closed once it is on disk.
func (j *journal) add(line any) <-chan struct{} {
	encoded, err := json.Marshal(line)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil || j.closed {
		j.err = errors.Join(j.err, err)
		never := make(chan struct{})
		if j.closed {
			close(never)
		}
		return never
	}
	j.pending = append(append(j.pending, encoded...), '\n')
	select {
	case j.wake <- struct{}{}:
	default: // flush was told already
	}
	return j.next
}

func (j *journal) flush() {
	defer close(j.done)
	for range j.wake {
		j.mu.Lock()
		lines, reached := j.pending, j.next
		j.pending, j.next = nil, make(chan struct{})
		j.mu.Unlock()
		_, err := j.file.Write(lines)
		if err = errors.Join(err, j.file.Sync()); err != nil {
			j.mu.Lock()
			j.err = errors.Join(j.err, err)
			j.mu.Unlock()
			return
		}
		close(reached)
	}
}

// Close writes what is pending and closes the file.
func (j *journal) Close() error {
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		select {
		case j.wake <- struct{}{}:
		default:
		}
		close(j.wake)
	}
	j.mu.Unlock()
	<-j.done
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Join(j.err, j.file.Close())
}

// readJournal returns the lines of a journal. A last line without its end, of a
// process that was killed, was on disk for nobody and is left out.
func readJournal[T any](path string) ([]T, error) {
	file, err := os.Open(path) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	var lines []T
	for in := bufio.NewReader(file); ; {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		var line T
		if err := json.Unmarshal(text, &line); err != nil {
			return nil, fmt.Errorf("line %d of the journal %s: %w", len(lines)+1, path, err)
		}
		lines = append(lines, line)
	}
}
