// conform_client holds conversations with an echo. Scripts come by the standard input, one JSON line
// each; what was heard goes out likewise: [name, [messages, pongs, code, reason]].
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

const patience = 20 * time.Second

type piece struct {
	Data, Ping *string
}

type step struct {
	Kind   string
	Pieces []piece
}

type script struct {
	Name            string
	Steps           []step
	Code            int
	Reason          string
	Messages, Pongs int
}

type heard struct {
	messages [][2]string
	pongs    []string
	code     int
	reason   string
}

func bytesOf(text *string) []byte {
	data, err := hex.DecodeString(*text)
	if err != nil {
		panic(err) // the scripts are ours
	}
	return data
}

func control(conn *websocket.Conn, kind int, data []byte) error {
	return conn.WriteControl(kind, data, time.Now().Add(patience))
}

// say says one step. The library cuts a message where its write buffer is full.
func say(conn *websocket.Conn, s step) error {
	switch s.Kind {
	case "ping":
		return control(conn, websocket.PingMessage, bytesOf(s.Pieces[0].Data))
	case "pong":
		return control(conn, websocket.PongMessage, bytesOf(s.Pieces[0].Data))
	}
	kind := websocket.BinaryMessage
	if s.Kind == "text" {
		kind = websocket.TextMessage
	}
	writer, err := conn.NextWriter(kind)
	if err != nil {
		return err
	}
	for _, p := range s.Pieces {
		if p.Ping != nil {
			err = control(conn, websocket.PingMessage, bytesOf(p.Ping))
		} else {
			_, err = writer.Write(bytesOf(p.Data))
		}
		if err != nil {
			return err
		}
	}
	return writer.Close()
}

// listen reads to the end, and says the close when all is heard that is to be heard.
func listen(conn *websocket.Conn, s script, got *heard) error {
	closeIfDone := func() error {
		if len(got.messages) != s.Messages || len(got.pongs) != s.Pongs {
			return nil
		}
		return control(conn, websocket.CloseMessage, websocket.FormatCloseMessage(s.Code, s.Reason))
	}
	conn.SetPongHandler(func(data string) error {
		got.pongs = append(got.pongs, hex.EncodeToString([]byte(data)))
		return closeIfDone()
	})
	err := closeIfDone()
	for err == nil {
		kind, data, readErr := conn.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(readErr, &closed) {
			got.code, got.reason = closed.Code, closed.Text
			return nil
		}
		if readErr != nil {
			return readErr
		}
		name := map[int]string{websocket.TextMessage: "text", websocket.BinaryMessage: "binary"}[kind]
		sum := sha1.Sum(data)
		got.messages = append(got.messages, [2]string{name, hex.EncodeToString(sum[:])})
		err = closeIfDone()
	}
	return err
}

func converse(dialer *websocket.Dialer, url string, s script) (heard, error) {
	got := heard{messages: [][2]string{}, pongs: []string{}}
	conn, _, err := dialer.Dial(url, nil)
	if err != nil {
		return got, err
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(patience))
	said := make(chan error, 1)
	go func() {
		for _, each := range s.Steps {
			if err := say(conn, each); err != nil {
				said <- err
				return
			}
		}
		said <- nil
	}()
	if err := listen(conn, s, &got); err != nil {
		return got, err
	}
	return got, <-said
}

func main() {
	url := flag.String("url", "ws://127.0.0.1:8080/echo", "where the echo is")
	compress := flag.Bool("compress", false, "offer permessage-deflate")
	flag.Parse()
	dialer := *websocket.DefaultDialer
	dialer.EnableCompression = *compress
	dialer.WriteBufferSize = 200
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var s script
		err := json.Unmarshal(lines.Bytes(), &s)
		var got heard
		if err == nil {
			got, err = converse(&dialer, *url, s)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", s.Name, err)
			os.Exit(1)
		}
		out, _ := json.Marshal([]any{s.Name, []any{got.messages, got.pongs, got.code, got.reason}})
		fmt.Println(string(out))
	}
}
