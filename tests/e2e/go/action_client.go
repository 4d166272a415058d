// action_client sends messages of the base protocol, a big-endian u32 action code and a payload,
// and prints what comes back, one line a message:
//
//	type=2 len=16 action=110 body=我们都好
//
// It ends with 0 where each message was answered and the close was answered with the same code.
package main

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

const patience = 20 * time.Second

type options struct {
	url, body, token, cookie string
	action                   uint
	count                    int
}

func parse() options {
	var o options
	flag.StringVar(&o.url, "url", "ws://127.0.0.1:8080/echo", "where the server is")
	flag.UintVar(&o.action, "action", 110, "action code")
	flag.StringVar(&o.body, "body", "我们都好", "payload")
	flag.StringVar(&o.token, "token", "", "token for the Authorization header")
	flag.StringVar(&o.cookie, "cookie", "", "token for the cookie \"session\"")
	flag.IntVar(&o.count, "n", 1, "messages to send")
	flag.Parse()
	return o
}

func dial(o options) (*websocket.Conn, error) {
	header := http.Header{}
	if o.token != "" {
		header.Set("Authorization", "Bearer "+o.token)
	}
	if o.cookie != "" {
		header.Set("Cookie", "session="+o.cookie)
	}
	conn, answer, err := websocket.DefaultDialer.Dial(o.url, header)
	if err != nil && answer != nil {
		return nil, fmt.Errorf("dial: %w: HTTP %d", err, answer.StatusCode)
	}
	return conn, err
}

func exchange(conn *websocket.Conn, o options) error {
	message := make([]byte, 4, 4+len(o.body))
	binary.BigEndian.PutUint32(message, uint32(o.action))
	message = append(message, o.body...)
	if err := conn.WriteMessage(websocket.BinaryMessage, message); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	kind, reply, err := conn.ReadMessage()
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if len(reply) < 4 {
		return fmt.Errorf("read: expected at least 4 bytes, got %d", len(reply))
	}
	fmt.Printf("type=%d len=%d action=%d body=%s\n", kind, len(reply),
		binary.BigEndian.Uint32(reply), reply[4:])
	return nil
}

func farewell(conn *websocket.Conn) error {
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := conn.WriteMessage(websocket.CloseMessage, bye); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	_, _, err := conn.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.CloseNormalClosure {
		return fmt.Errorf("close: expected 1000, got %v", err)
	}
	return nil
}

func run() error {
	o := parse()
	conn, err := dial(o)
	if err != nil {
		return err
	}
	defer conn.Close()
	for i := 0; i < o.count; i++ {
		if err := exchange(conn, o); err != nil {
			return err
		}
	}
	return farewell(conn)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
