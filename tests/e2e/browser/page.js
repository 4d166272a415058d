// A page that speaks act.json.v1 and act.v1 with the browser's own WebSocket, and posts what it
// found as a JSON list to where it came from. Its own address says where the server is, and has a
// token: page.html?base=ws://…&token=…
"use strict";

const asked = new URLSearchParams(location.search);
const [base, token] = [asked.get("base"), asked.get("token")];
const HOLD = 2700, LET_GO = 2702, PRIVATE = 2601, TELL = 2607, FAIL = 2603;
const found = [];

function say(what, value) {
	found.push([what, value]);
}

/** An open connection that keeps its messages until next() asks for them. */
class Connection {
	constructor(path, protocols) {
		this.ws = new WebSocket(base + path, protocols);
		this.ws.binaryType = "arraybuffer";
		this.come = [];
		this.waiting = [];
		this.ws.onmessage = (event) => this.pass(event.data);
		this.ws.onclose = (event) => this.pass({ closed: event.code, reason: event.reason });
	}

	pass(event) {
		const waiting = this.waiting.shift();
		if (waiting) {
			waiting(event);
		} else {
			this.come.push(event);
		}
	}

	event() {
		return this.come.length ? Promise.resolve(this.come.shift())
			: new Promise((resolve) => this.waiting.push(resolve));
	}

	/** The next message, which must not be the close. */
	async next() {
		const event = await this.event();
		if (event.closed) {
			throw new Error("closed with " + event.closed);
		}
		return event;
	}

	async json() {
		return JSON.parse(await this.next());
	}

	send(message) {
		this.ws.send(JSON.stringify(message));
	}
}

async function inText() {
	const connection = new Connection("/serv/", ["act.json.v1"]);
	const hello = await connection.json();
	say("hello", [connection.ws.protocol, connection.ws.extensions, hello.ctrl, hello.user]);
	connection.send({ action: PRIVATE, seq: 1 });
	say("stranger", (await connection.json()).error.name);
	connection.send({ ctrl: "auth", seq: 2, token });
	say("auth", (await connection.json()).user);
	for (let seq = 10; seq < 14; seq++) {
		connection.send({ action: HOLD, seq, data: { text: "我们都好", seq } });
	}
	connection.send({ action: LET_GO, seq: 14, data: { reverse: true } });
	for (let i = 0; i < 5; i++) {
		say("answer", await connection.json());
	}
	connection.send({ action: TELL, seq: 20, data: "to myself" });
	say("push", await connection.json());
	say("pushed", await connection.json());
	connection.send({ action: FAIL, seq: 21, data: { status: 1001, text: "no", retry_after_ms: 9 } });
	say("error", (await connection.json()).error);
	connection.ws.send("no JSON");
	say("told", (await connection.json()).error.name);
	say("closed", (await connection.event()).closed);
}

async function inBinary() {
	const connection = new Connection("/serv/", ["act.v1", "act.json.v1"]);
	const hello = new DataView(await connection.next());
	say("binary hello", [connection.ws.protocol, hello.getUint32(0)]);
	const request = new DataView(new ArrayBuffer(14));
	request.setUint32(0, 1);
	request.setUint8(4, 0x10);
	request.setUint32(8, 7);
	request.setUint16(12, 0x00ff);
	connection.ws.send(request.buffer);
	say("binary answer", Array.from(new Uint8Array(await connection.next())));
	connection.ws.close(1000, "enough");
	say("binary closed", (await connection.event()).closed);
}

async function refused() {
	for (const [path, protocols] of [["/serv/", ["unknown"]], ["/echo", ["act.v1"]]]) {
		say("refused", await new Connection(path, protocols).event());
	}
}

inText().then(inBinary).then(refused).catch((why) => say("fault", String(why))).then(() =>
	fetch("found", { method: "POST", body: JSON.stringify(found) }));
