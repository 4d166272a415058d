// Holds conversations with an echo by the package ws. Scripts come by the standard input, one JSON
// line each; what was heard goes out likewise: [name, [messages, pongs, code, reason]].
// Usage: node conform.js URL COMPRESS     (WS_MODULE: where the package lies)
"use strict";

const crypto = require("crypto");
const readline = require("readline");
const WebSocket = require(process.env.WS_MODULE || "ws");
const [url, compress] = process.argv.slice(2);

function hash(data) {
	return crypto.createHash("sha1").update(data).digest("hex");
}

function sendMessage(ws, kind, pieces) {
	const last = pieces.map((piece) => "data" in piece).lastIndexOf(true);
	pieces.forEach((piece, i) => {
		if ("ping" in piece) {
			ws.ping(Buffer.from(piece.ping, "hex"));
		} else {
			ws.send(Buffer.from(piece.data, "hex"), { binary: kind === "binary", fin: i === last });
		}
	});
}

function sendStep(ws, step) {
	const bytes = () => Buffer.from(step.pieces[0].data, "hex");
	if (step.kind === "ping") {
		ws.ping(bytes());
	} else if (step.kind === "pong") {
		ws.pong(bytes());
	} else {
		sendMessage(ws, step.kind, step.pieces);
	}
}

/** One conversation. The close is said when all is heard that is to be heard. */
function converse(script) {
	return new Promise((resolve, reject) => {
		const messages = [], pongs = [];
		const ws = new WebSocket(url, { perMessageDeflate: compress === "compress" });
		function closeIfDone() {
			if (messages.length !== script.messages || pongs.length !== script.pongs) {
				return;
			}
			if (script.code === 1005) {
				ws.close();
			} else {
				ws.close(script.code, script.reason);
			}
		}
		ws.on("error", (why) => reject(new Error(script.name + ": " + why.message)));
		ws.on("open", () => {
			script.steps.forEach((step) => sendStep(ws, step));
			closeIfDone();
		});
		ws.on("message", (data, binary) => {
			messages.push([binary ? "binary" : "text", hash(data)]);
			closeIfDone();
		});
		ws.on("pong", (data) => {
			pongs.push(data.toString("hex"));
			closeIfDone();
		});
		ws.on("close", (code, reason) => resolve([messages, pongs, code, reason.toString()]));
	});
}

async function main() {
	for await (const line of readline.createInterface({ input: process.stdin })) {
		const script = JSON.parse(line);
		console.log(JSON.stringify([script.name, await converse(script)]));
	}
}

main().catch((why) => {
	console.error(why);
	process.exit(1);
});
