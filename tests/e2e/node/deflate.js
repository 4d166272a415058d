// Talks to an echo with permessage-deflate by the package ws, and prints one JSON line a finding.
// Usage: node deflate.js URL     (WS_MODULE: where the package lies)
"use strict";

const WebSocket = require(process.env.WS_MODULE || "ws");
const [url] = process.argv.slice(2);

function say(what, value) {
	console.log(JSON.stringify([what, value]));
}

function open(perMessageDeflate) {
	return new Promise((resolve, reject) => {
		const ws = new WebSocket(url, { perMessageDeflate });
		ws.on("open", () => resolve(ws));
		ws.on("error", reject);
	});
}

/** Sends and waits for what comes back: is it the same? */
function echo(ws, data) {
	return new Promise((resolve, reject) => {
		ws.once("message", (got, binary) => {
			const same = Buffer.compare(got, Buffer.from(data)) === 0;
			resolve(same && binary === (typeof data !== "string"));
		});
		ws.once("close", (code) => reject(new Error("closed " + code)));
		ws.send(data);
	});
}

function close(ws) {
	return new Promise((resolve) => {
		ws.on("close", resolve);
		ws.close(1000);
	});
}

async function converse(what, perMessageDeflate) {
	const ws = await open(perMessageDeflate);
	say(what, ws.extensions);
	const noise = Buffer.alloc(70000);
	for (let i = 0, x = 1; i < noise.length; i++) {
		x = (x * 1103515245 + 12345) % 2147483648;
		noise[i] = x >> 16;
	}
	const messages = ["", "short", "我们都好 ".repeat(5000), Buffer.alloc(0), Buffer.alloc(500000),
		noise, "the last"];
	for (const message of messages) {
		say(what, await echo(ws, message));
	}
	/* Half a million zeros are among what was said. */
	say(what, ws._socket.bytesRead < 200000);
	say(what, await close(ws));
}

async function main() {
	await converse("as it is", true);
	await converse("everything", { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 9 });
	await converse("off", false);
}

main().catch((why) => {
	console.error(why);
	process.exit(1);
});
