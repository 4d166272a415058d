// gorilla: the same work on gorilla/websocket, as its documentation says to write a server: a
// goroutine a connection, one writer at a time, the message read into memory that is used again,
// and a prepared message for what goes to all.
//
//	gorilla [-gather]     listens on a free port of 127.0.0.1 and prints it
//
// gorilla writes each message to the connection on its own. With -gather the connection that it is
// given keeps what is written until gorilla asks for more to read: then one write has the answers to
// all that one read brought. Nothing in gorilla itself does that; few programs do.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	codeEcho = 1
	codeTell = 2
	codeTold = 1002

	messageMax = 1<<20 + 4
	patience   = 10 * time.Second
)

var upgrader = websocket.Upgrader{WriteBufferPool: &sync.Pool{}}

// client is a connection and the right to write to it.
type client struct {
	conn *websocket.Conn
	lock sync.Mutex
}

func (c *client) write(message []byte) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.conn.WriteMessage(websocket.BinaryMessage, message)
}

func (c *client) push(message *websocket.PreparedMessage) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.conn.SetWriteDeadline(time.Now().Add(patience))
	defer c.conn.SetWriteDeadline(time.Time{})
	err := c.conn.WritePreparedMessage(message)
	if gathered, ok := c.conn.UnderlyingConn().(*gatherer); ok && err == nil {
		err = gathered.flush()
	}
	return err
}

// crowd is all who are connected.
type crowd struct {
	lock    sync.RWMutex
	clients map[*client]struct{}
}

func (all *crowd) enter(c *client) {
	all.lock.Lock()
	defer all.lock.Unlock()
	all.clients[c] = struct{}{}
}

func (all *crowd) leave(c *client) {
	all.lock.Lock()
	defer all.lock.Unlock()
	delete(all.clients, c)
}

func (all *crowd) tell(message []byte) error {
	binary.BigEndian.PutUint32(message, codeTold)
	prepared, err := websocket.NewPreparedMessage(websocket.BinaryMessage, message)
	if err != nil {
		return err
	}
	all.lock.RLock()
	defer all.lock.RUnlock()
	for c := range all.clients {
		if c.push(prepared) != nil {
			c.conn.Close()
		}
	}
	return nil
}

// next reads a whole message into room, which grows as it has to.
func next(conn *websocket.Conn, room []byte) ([]byte, error) {
	_, reader, err := conn.NextReader()
	if err != nil {
		return room, err
	}
	room = room[:0]
	for {
		if len(room) == cap(room) {
			room = append(room, 0)[:len(room)]
		}
		n, err := reader.Read(room[len(room):cap(room)])
		room = room[:len(room)+n]
		if err == io.EOF {
			return room, nil
		}
		if err != nil {
			return room, err
		}
	}
}

func (all *crowd) answer(c *client, message []byte) error {
	if len(message) < 4 {
		return fmt.Errorf("a message of %d bytes", len(message))
	}
	switch code := binary.BigEndian.Uint32(message); code {
	case codeEcho:
		return c.write(message)
	case codeTell:
		return all.tell(message)
	default:
		return fmt.Errorf("code %d", code)
	}
}

func (all *crowd) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetReadLimit(messageMax)
	c := &client{conn: conn}
	all.enter(c)
	defer all.leave(c)
	message := make([]byte, 0, 64)
	for err == nil {
		if message, err = next(conn, message); err == nil {
			err = all.answer(c, message)
		}
	}
}

// gatherer is a connection whose writes wait for the next read. A push may write and flush at the
// same time as the connection's own goroutine reads.
type gatherer struct {
	net.Conn
	lock    sync.Mutex
	waiting []byte
}

const gatherMax = 64 << 10

func (g *gatherer) flush() error {
	g.lock.Lock()
	defer g.lock.Unlock()
	return g.flushLocked()
}

func (g *gatherer) flushLocked() error {
	if len(g.waiting) == 0 {
		return nil
	}
	_, err := g.Conn.Write(g.waiting)
	g.waiting = g.waiting[:0]
	return err
}

func (g *gatherer) Write(bytes []byte) (int, error) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.waiting = append(g.waiting, bytes...)
	if len(g.waiting) < gatherMax {
		return len(bytes), nil
	}
	return len(bytes), g.flushLocked()
}

func (g *gatherer) Read(room []byte) (int, error) {
	if err := g.flush(); err != nil {
		return 0, err
	}
	return g.Conn.Read(room)
}

func (g *gatherer) Close() error {
	g.flush()
	return g.Conn.Close()
}

type gatheringListener struct{ net.Listener }

func (l gatheringListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &gatherer{Conn: conn}, nil
}

func main() {
	gather := flag.Bool("gather", false, "write the answers to what one read brought at once")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "gorilla:", err)
		os.Exit(1)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	if *gather {
		listener = gatheringListener{listener}
	}
	all := &crowd{clients: make(map[*client]struct{})}
	err = http.Serve(listener, http.HandlerFunc(all.serve))
	fmt.Fprintln(os.Stderr, "gorilla:", err)
	os.Exit(1)
}
