// A client of act.v1 on gorilla/websocket: several goroutines call at once over one connection, and
// the answers find them by their numbers. Prints what happened, a line each.
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	req, res, push, notify, ctrl = 0, 1, 2, 3, 4

	hello, ping, auth, fault = 0xFFFFFF00, 0xFFFFFF01, 0xFFFFFF02, 0xFFFFFF06

	headLen  = 12
	patience = 90 * time.Second
)

type frame struct {
	code    uint32
	kind    byte
	flags   byte
	status  uint16
	seq     uint32
	payload []byte
}

func (f frame) pack() []byte {
	b := make([]byte, headLen, headLen+len(f.payload))
	binary.BigEndian.PutUint32(b, f.code)
	b[4], b[5] = 1<<4|f.kind, f.flags
	binary.BigEndian.PutUint16(b[6:], f.status)
	binary.BigEndian.PutUint32(b[8:], f.seq)
	return append(b, f.payload...)
}

func unpack(b []byte) (frame, error) {
	if len(b) < headLen || b[4]>>4 != 1 {
		return frame{}, fmt.Errorf("no frame of act.v1: %x", b)
	}
	return frame{binary.BigEndian.Uint32(b), b[4] & 15, b[5], binary.BigEndian.Uint16(b[6:]),
		binary.BigEndian.Uint32(b[8:]), b[headLen:]}, nil
}

// client hands each answer to the goroutine that waits for its number.
type client struct {
	conn    *websocket.Conn
	mutex   sync.Mutex
	lastSeq uint32
	waiting map[uint32]chan frame
	unasked chan frame
	closed  chan error
}

func dial(url string) (*client, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"act.v9", "act.v1"}}
	conn, _, err := dialer.Dial(url, nil)
	if err != nil {
		return nil, err
	}
	if conn.Subprotocol() != "act.v1" {
		return nil, fmt.Errorf("expected act.v1, got %q", conn.Subprotocol())
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	c := &client{conn: conn, waiting: map[uint32]chan frame{}, unasked: make(chan frame, 16),
		closed: make(chan error, 1)}
	go c.receive()
	return c, nil
}

func (c *client) receive() {
	for {
		kind, message, err := c.conn.ReadMessage()
		if err == nil && kind != websocket.BinaryMessage {
			err = fmt.Errorf("a message of type %d", kind)
		}
		var f frame
		if err == nil {
			f, err = unpack(message)
		}
		if err != nil {
			c.closed <- err
			return
		}
		c.mutex.Lock()
		waiting := c.waiting[f.seq]
		delete(c.waiting, f.seq)
		c.mutex.Unlock()
		if waiting != nil {
			waiting <- f
		} else {
			c.unasked <- f
		}
	}
}

// ask sends a frame under a number of its own; the answer comes through the channel.
func (c *client) ask(code uint32, kind byte, payload string) (chan frame, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.lastSeq++
	answer := make(chan frame, 1)
	c.waiting[c.lastSeq] = answer
	f := frame{code: code, kind: kind, seq: c.lastSeq, payload: []byte(payload)}
	return answer, c.conn.WriteMessage(websocket.BinaryMessage, f.pack())
}

func (c *client) call(code uint32, kind byte, payload string) (frame, error) {
	answer, err := c.ask(code, kind, payload)
	if err != nil {
		return frame{}, err
	}
	select {
	case f := <-answer:
		return f, nil
	case err := <-c.closed:
		return frame{}, err
	}
}

func (c *client) greeted() error {
	f := <-c.unasked
	var said struct {
		Version int
		Calls   int
		User    *string
	}
	if err := json.Unmarshal(f.payload, &said); err != nil {
		return err
	}
	fmt.Printf("hello code=%X version=%d calls=%d user=%v\n", f.code, said.Version, said.Calls,
		said.User)
	return nil
}

// juggle has `count` calls held, lets them go, and tells which payloads came back to their callers.
func (c *client) juggle(hold, letGo uint32, count int) error {
	answers := make([]chan frame, count)
	for i := range answers {
		var err error
		if answers[i], err = c.ask(hold, req, fmt.Sprintf(`{"ball":%d}`, i)); err != nil {
			return err
		}
	}
	if _, err := c.call(letGo, req, "{}"); err != nil {
		return err
	}
	matched := 0
	for i, answer := range answers {
		if f := <-answer; f.kind == res && f.flags == 0 &&
			string(f.payload) == fmt.Sprintf(`{"ball":%d}`, i) {
			matched++
		}
	}
	fmt.Printf("matched %d of %d\n", matched, count)
	return nil
}

// crowd calls from many goroutines at once.
func (c *client) crowd(code uint32, count int) error {
	var group sync.WaitGroup
	heard := make([]string, count)
	for i := range heard {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			if f, err := c.call(code, req, fmt.Sprintf("caller %03d", i)); err == nil {
				heard[i] = string(f.payload)
			}
		}(i)
	}
	group.Wait()
	if !sort.StringsAreSorted(heard) || heard[0] != "caller 000" {
		return fmt.Errorf("not each its own: %v", heard)
	}
	fmt.Printf("crowd of %d\n", count)
	return nil
}

func (c *client) single(token string) error {
	for _, one := range []frame{{code: 4242, kind: req}, {code: ping, kind: ctrl},
		{code: auth, kind: ctrl, payload: []byte("rubbish")},
		{code: auth, kind: ctrl, payload: []byte(token)}} {
		f, err := c.call(one.code, one.kind, string(one.payload))
		if err != nil {
			return err
		}
		fmt.Printf("code=%X kind=%d flags=%d status=%d %.31s\n", f.code, f.kind, f.flags, f.status,
			f.payload)
	}
	return nil
}

// offend sends what is no frame; it is told so, and the connection is closed.
func (c *client) offend() error {
	if err := c.conn.WriteMessage(websocket.BinaryMessage, []byte("?")); err != nil {
		return err
	}
	err := <-c.closed
	var closed *websocket.CloseError
	if !errors.As(err, &closed) {
		return err
	}
	f := <-c.unasked
	fmt.Printf("code=%X status=%d, closed with %d\n", f.code, f.status, closed.Code)
	return nil
}

func run() error {
	url := flag.String("url", "ws://127.0.0.1:8080/serv/", "where the server is")
	token := flag.String("token", "", "token to log in with")
	hold := flag.Uint("hold", 2700, "code of an action that holds calls")
	letGo := flag.Uint("letgo", 2702, "code of the action that lets them go")
	flag.Parse()
	c, err := dial(*url)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	for _, step := range []func() error{
		c.greeted,
		func() error { return c.juggle(uint32(*hold), uint32(*letGo), 32) },
		func() error { return c.crowd(1, 200) },
		func() error { return c.single(*token) },
		c.offend,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
