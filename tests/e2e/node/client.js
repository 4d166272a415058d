// Talks to /echo and /serv/ with the package ws and prints one JSON line a finding.
// Usage: node client.js BASE_URL TOKEN     (WS_MODULE: where the package lies)
"use strict";

const WebSocket = require(process.env.WS_MODULE || "ws");
const [base, token] = process.argv.slice(2);

function say(what, value) {
	console.log(JSON.stringify([what, value]));
}

/** Opens a connection; rejects with the HTTP status where the upgrade is refused. */
function open(path, headers) {
	return new Promise((resolve, reject) => {
		const ws = new WebSocket(base + path, { headers });
		ws.on("open", () => resolve(ws));
		ws.on("unexpected-response", (_, answer) => reject(answer.statusCode));
		ws.on("error", reject);
	});
}

/** The next message as [data, isBinary]. */
function next(ws) {
	return new Promise((resolve, reject) => {
		ws.once("message", (data, isBinary) => resolve([data, isBinary]));
		ws.once("close", (code) => reject(new Error("closed " + code)));
	});
}

function request(code, payload) {
	const body = Buffer.from(payload);
	const message = Buffer.alloc(4 + body.length);
	message.writeUInt32BE(code, 0);
	body.copy(message, 4);
	return message;
}

/** Closes with `code`; what the server closes with. */
function close(ws, code) {
	return new Promise((resolve) => {
		ws.on("close", resolve);
		ws.close(code);
	});
}

async function echo() {
	const ws = await open("/echo");
	ws.send("text 我们都好");
	let [data, binary] = await next(ws);
	say("text", [data.toString(), binary]);
	ws.send(Buffer.from([0, 255]));
	[data, binary] = await next(ws);
	say("binary", [data.toString("hex"), binary]);
	const pong = new Promise((resolve) => ws.on("pong", resolve));
	ws.ping("here");
	say("pong", (await pong).toString());
	say("close", await close(ws, 1000));
}

async function serve() {
	const ws = await open("/serv/", { Authorization: "Bearer " + token });
	ws.send(request(1, "payload"));
	const [data, binary] = await next(ws);
	say("action", [data.readUInt32BE(0), data.subarray(4).toString(), binary]);
	ws.send("text is refused");
	say("closed", await new Promise((resolve) => ws.on("close", resolve)));
}

async function refused() {
	const status = await open("/serv/", { Authorization: "Bearer rubbish" }).catch((why) => why);
	say("refused", status);
}

echo().then(serve).then(refused).catch((why) => {
	console.error(why);
	process.exit(1);
});
