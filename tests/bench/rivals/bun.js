// bun: the same work on the server that is part of Bun, which has uWebSockets inside.
//
//     bun bun.js     listens on a free port of 127.0.0.1 and prints it
const ECHO = 1;
const TELL = 2;
const TOLD = 1002;

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request, here) {
    if (!here.upgrade(request)) return new Response('a WebSocket is expected', { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    maxPayloadLength: (1 << 20) + 4,
    idleTimeout: 0,
    backpressureLimit: 64 << 20,
    open(socket) {
      socket.subscribe('all');
    },
    message(socket, message) {
      const code = message.length >= 4 ? message.readUInt32BE(0) : 0;
      if (code === ECHO) {
        socket.sendBinary(message);
      } else if (code === TELL) {
        message.writeUInt32BE(TOLD, 0);
        server.publish('all', message);
      } else {
        socket.terminate();
      }
    },
  },
});
console.log(`listening on 127.0.0.1:${server.port}`);
