// Speaks act.v1 and act.json.v1 with the package ws and prints one JSON line a finding.
// Usage: node protocols.js BASE_URL TOKEN     (WS_MODULE: where the package lies)
"use strict";

const WebSocket = require(process.env.WS_MODULE || "ws");
const [base, token] = process.argv.slice(2);
const HOLD = 2700, LET_GO = 2702, AUTH = 0xffffff02;

function say(what, value) {
	console.log(JSON.stringify([what, value]));
}

/** An open connection that keeps its messages until next() asks for them. */
class Connection {
	constructor(protocols) {
		this.ws = new WebSocket(base + "/serv/", protocols);
		this.come = [];
		this.waiting = [];
		this.ws.on("message", (data, binary) => this.pass({ data, binary }));
		this.ws.on("close", (code) => this.pass({ code }));
		this.ws.on("error", () => {});
		this.open = new Promise((resolve, reject) => {
			this.ws.on("open", () => resolve(this));
			this.ws.on("unexpected-response", (_, answer) => reject(answer.statusCode));
		});
	}

	pass(event) {
		const waiting = this.waiting.shift();
		if (waiting) {
			waiting(event);
		} else {
			this.come.push(event);
		}
	}

	next() {
		return this.come.length ? Promise.resolve(this.come.shift())
			: new Promise((resolve) => this.waiting.push(resolve));
	}
}

function pack(code, type, seq, payload) {
	const head = Buffer.alloc(12);
	head.writeUInt32BE(code, 0);
	head[4] = 0x10 | type;
	head.writeUInt32BE(seq, 8);
	return Buffer.concat([head, Buffer.from(payload)]);
}

function unpack({ data, binary, code }) {
	return code ? ["closed", code] : [binary, data.readUInt32BE(0).toString(16),
		data[4] & 15, data[5], data.readUInt16BE(6), data.readUInt32BE(8),
		data.subarray(12).toString()];
}

async function v1() {
	const connection = await new Connection(["unknown", "act.v1"]).open;
	say("chosen", connection.ws.protocol);
	const hello = unpack(await connection.next());
	say("hello", [hello[1], JSON.parse(hello[6]).version]);
	for (const seq of [1, 2, 3]) {
		connection.ws.send(pack(HOLD, 0, seq, `{"ball":${seq}}`));
	}
	connection.ws.send(pack(LET_GO, 0, 4, '{"reverse":true}'));
	for (let i = 0; i < 4; i++) {
		say("answer", unpack(await connection.next()));
	}
	connection.ws.send(pack(AUTH, 4, 5, token));
	say("auth", JSON.parse(unpack(await connection.next())[6]).user);
	connection.ws.send("text");
	say("error", unpack(await connection.next()));
	say("end", unpack(await connection.next()));
}

async function json() {
	const connection = await new Connection("act.json.v1").open;
	const next = async () => {
		const { data, binary, code } = await connection.next();
		return code || [binary, JSON.parse(data)];
	};
	const send = (message) => connection.ws.send(JSON.stringify(message));
	say("chosen", connection.ws.protocol);
	say("hello", (await next())[1].ctrl);
	for (const seq of [1, 2, 3]) {
		send({ action: HOLD, seq, data: { ball: seq } });
	}
	send({ action: LET_GO, seq: 4, data: { reverse: true } });
	for (let i = 0; i < 4; i++) {
		say("answer", await next());
	}
	send({ ctrl: "auth", seq: 5, token });
	say("auth", (await next())[1].user);
	connection.ws.send(Buffer.from("binary"));
	say("error", (await next())[1].error.name);
	say("end", await next());
}

async function unknown() {
	say("unknown", await new Connection(["unknown"]).open.catch((why) => why));
}

v1().then(json).then(unknown).catch((why) => {
	console.error(why);
	process.exit(1);
});
