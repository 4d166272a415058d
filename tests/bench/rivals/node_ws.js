// node_ws: the same work on ws, for Node. WS_MODULE names the folder of the library.
//
//     node node_ws.js     listens on a free port of 127.0.0.1 and prints it
'use strict';

const { WebSocketServer, OPEN } = require(process.env.WS_MODULE || 'ws');

const ECHO = 1;
const TELL = 2;
const TOLD = 1002;

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  backlog: 4096,
  perMessageDeflate: false,
  maxPayload: (1 << 20) + 4,
});

function tell(message) {
  message.writeUInt32BE(TOLD, 0);
  for (const client of server.clients) {
    if (client.readyState === OPEN) client.send(message);
  }
}

function answer(socket, message) {
  const code = message.length >= 4 ? message.readUInt32BE(0) : 0;
  if (code === ECHO) socket.send(message);
  else if (code === TELL) tell(message);
  else socket.terminate();
}

server.on('connection', (socket) => {
  socket.on('message', (message) => answer(socket, message));
  socket.on('error', () => socket.terminate());
});
server.on('listening', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
