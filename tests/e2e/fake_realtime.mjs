// A scripted realtime server: a WebSocket server of the `ws` package, or one that speaks frames byte by byte.
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { WebSocketServer } from 'ws';

import { PROVIDER_KEY } from './fake_provider.mjs';

/** What a response of this file bills. */
export const RESPONSE_USAGE = {
  total_tokens: 275, input_tokens: 127, output_tokens: 148,
  input_token_details: {
    text_tokens: 119, audio_tokens: 8, image_tokens: 0, cached_tokens: 64,
    cached_tokens_details: { text_tokens: 59, audio_tokens: 5, image_tokens: 0 },
  },
  output_token_details: { text_tokens: 36, audio_tokens: 112 },
};

export const serverEvent = (fields) => JSON.stringify({ ...fields, event_id: `event_${randomUUID()}` });
export const responseDone = (usage = RESPONSE_USAGE, more = {}) => serverEvent({
  type: 'response.done',
  response: { object: 'realtime.response', id: `resp_${randomUUID()}`, status: 'completed', status_details: null, output: [], usage, ...more },
});
export const sessionEvent = (type, model, transcription) => serverEvent({
  type, session: {
    type: 'realtime', object: 'realtime.session', id: 'sess_1', model,
    audio: { input: { format: { type: 'audio/pcm', rate: 24000 }, transcription: transcription ? { model: transcription } : null } },
  },
});

/** Answers response.create like the API: created, some deltas, done. */
export function speak(socket, { deltas = 2, usage = RESPONSE_USAGE } = {}) {
  socket.send(serverEvent({ type: 'response.created', response: { id: 'resp', status: 'in_progress' } }));
  for (let i = 0; i < deltas; ++i) {
    socket.send(serverEvent({ type: 'response.output_audio.delta', item_id: 'item', delta: 'A'.repeat(4800) }));
  }
  socket.send(responseDone(usage));
}

export class FakeRealtime {
  constructor({ tls } = {}) {
    this.openings = [];
    this.sockets = new Set();
    this.script = (socket) => {
      socket.on('message', (data, isBinary) => {
        if (isBinary) return;
        const event = JSON.parse(data);
        if (event.type === 'response.create') speak(socket);
      });
    };
    this.refuse = undefined; // (request) => [status, body]
    const server = tls ? https.createServer(tls) : http.createServer();
    this.server = server;
    this.secure = Boolean(tls);
    this.wss = new WebSocketServer({ noServer: true, perMessageDeflate: true, maxPayload: 0,
      handleProtocols: (offered) => (offered.has('realtime') ? 'realtime' : false) });
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => {});
      this.openings.push({ url: request.url, headers: request.headers, raw: request.rawHeaders.join('\n') });
      const refused = this.refuse?.(request);
      const isKnown = request.headers.authorization === `Bearer ${PROVIDER_KEY}` || request.headers['api-key'] === PROVIDER_KEY;
      const [status, body] = refused ?? (isKnown ? [101] : [401, { error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' } }]);
      if (status !== 101) {
        const text = JSON.stringify(body);
        socket.end(`HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`);
        return;
      }
      this.wss.handleUpgrade(request, socket, head, (ws) => {
        this.sockets.add(ws);
        ws.on('close', (code, reason) => { ws.ended = { code, reason: reason.toString() }; this.sockets.delete(ws); });
        ws.on('error', () => {});
        this.script(ws, request);
      });
    });
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    return this;
  }

  get baseUrl() { return `${this.secure ? 'https' : 'http'}://${this.secure ? 'localhost' : '127.0.0.1'}:${this.port}/v1`; }

  async stop() {
    for (const socket of this.sockets) socket.terminate();
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A WebSocket server that hands a script the bare socket: for frames that no library would send. */
export async function startBareServer(script) {
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    script({ request, socket, head, accept, open: (behind = Buffer.alloc(0)) => socket.write(Buffer.concat([
      Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`), behind])) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, baseUrl: `http://127.0.0.1:${server.address().port}/v1`, stop: () => { server.closeAllConnections(); server.close(); } };
}
