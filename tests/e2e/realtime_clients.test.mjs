// Realtime sessions: a WebSocket through Pulse, metered from the provider's events, a row for each response.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, it } from 'node:test';

import OpenAI from 'openai7';
import { OpenAIRealtimeWS } from 'openai7/realtime/ws';
import { WebSocket, WebSocketServer } from 'ws';

import { PROVIDER_KEY } from './fake_provider.mjs';
import { KEY, keyNamed, Pulse, SLOWNESS, until } from './pulse_process.mjs';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A realtime API that answers each `response.create` with a few deltas and a `response.done`. */
class RealtimeProvider {
  constructor() {
    this.handshakes = [];
    this.sessions = [];
    this.received = [];
    this.answer = (socket) => { for (const event of responseEvents()) socket.send(JSON.stringify(event)); };
    this.server = http.createServer();
    this.sockets = new WebSocketServer({ server: this.server, handleProtocols: (offered) => (offered.has('realtime') ? 'realtime' : false), maxPayload: 64 << 20 });
    this.sockets.on('connection', (socket, request) => {
      this.handshakes.push({ url: request.url, headers: request.headers });
      this.sessions.push(socket);
      socket.send(JSON.stringify({ type: 'session.created', event_id: 'event_1', session: { id: 'sess_e2e', type: 'realtime', model: new URL(request.url, 'http://x').searchParams.get('model') } }));
      socket.on('message', (data, isBinary) => {
        this.received.push({ data, isBinary });
        const type = isBinary ? undefined : JSON.parse(data).type;
        if (type === 'response.create') this.answer(socket);
        if (type === 'response.cancel') socket.send(JSON.stringify(cancelled()));
      });
    });
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get baseUrl() { return `http://127.0.0.1:${this.server.address().port}/v1`; }
  get last() { return this.sessions.at(-1); }

  stop() {
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.close();
  }
}

const USAGE = { total_tokens: 17, input_tokens: 12, output_tokens: 5, input_token_details: { text_tokens: 8, audio_tokens: 4, cached_tokens: 2, cached_tokens_details: { text_tokens: 2, audio_tokens: 0 } }, output_token_details: { text_tokens: 2, audio_tokens: 3 } };
let responses = 0;
function responseEvents() {
  const response = { object: 'realtime.response', id: `resp_e2e_${++responses}`, status: 'in_progress', output: [], usage: null };
  const part = { response_id: response.id, item_id: 'item_1', output_index: 0, content_index: 0 };
  return [
    { type: 'response.created', event_id: 'e1', response },
    { type: 'response.output_text.delta', event_id: 'e2', ...part, delta: 'Hello' },
    { type: 'response.output_text.delta', event_id: 'e3', ...part, delta: ' there' },
    { type: 'response.done', event_id: 'e4', response: { ...response, status: 'completed', usage: USAGE } },
  ];
}

/** What a response that is cancelled has used by then. */
const cancelled = () => ({ type: 'response.done', event_id: 'e5', response: { id: `resp_e2e_${responses}`, object: 'realtime.response', status: 'cancelled', output: [], usage: { ...USAGE, total_tokens: 14, output_tokens: 2 } } });

let provider;
let pulse;
let folder;
before(async () => {
  provider = await new RealtimeProvider().start();
  const entry = { kind: 'openai', base_url: provider.baseUrl, api_key: PROVIDER_KEY, models: ['gpt-*'], prices: { '*': { input: '1.00', output: '2.00' } } };
  pulse = await Pulse.start({
    config: { providers: { openai: entry } },
    keys: { hard: { budgets: [{ period: 'month', limit: '50.00', currency: 'USD' }] } },
  });
});
after(async () => {
  await pulse?.stop();
  provider?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

const address = (model) => `${pulse.origin.replace('http', 'ws')}/v1/realtime?model=${model}`;
let models = 0;
/** A model of the test's own, by which its rows are found. */
const freshModel = () => `gpt-realtime-${++models}`;

function rowsOf(model) {
  const database = new DatabaseSync(pulse.database, { readOnly: true });
  try {
    return database.prepare('SELECT * FROM ai_request_log WHERE model_requested = ?').all(model);
  } finally {
    database.close();
  }
}
const billed = (rows) => rows.filter((row) => row.output_total > 0);
const billedRows = async (model, count) => {
  await until(`${count} billed rows of ${model}`, () => billed(rowsOf(model)).length >= count);
  return billed(rowsOf(model));
};

/** Collects a socket's messages; `next(type)` waits for the next event of that type. */
function listening(socket) {
  const events = [];
  socket.on('message', (data, isBinary) => events.push(isBinary ? data : JSON.parse(data)));
  return { events, seen: (type, count = 1) => until(`${count} × ${type}`, () => events.filter((event) => event.type === type).length >= count, 20) };
}
const opened = async (...request) => {
  const socket = new WebSocket(...request);
  const heard = listening(socket);
  const [upgrade] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')]);
  return { socket, ...heard, head: upgrade[0].headers };
};
const refused = async (...request) => {
  const socket = new WebSocket(...request);
  socket.on('error', () => {});
  const [, response] = await once(socket, 'unexpected-response');
  const parts = [];
  for await (const part of response) parts.push(part);
  return { status: response.statusCode, error: JSON.parse(Buffer.concat(parts)).error };
};
const create = (socket) => socket.send(JSON.stringify({ type: 'response.create' }));

it('a session is metered by its responses, one row each', async () => {
  const model = freshModel();
  const { socket, events, seen, head } = await opened(address(model), { headers: { authorization: `Bearer ${KEY}` } });

  for (let i = 1; i <= 3; ++i) {
    create(socket);
    await seen('response.done', i);
  }
  socket.close(1000);
  await once(socket, 'close');

  assert.ok(head['x-pulse-request-id']);
  assert.deepEqual(events.filter((event) => event.type === 'response.done')[0].response.usage, USAGE, 'the events are the provider\'s');
  const rows = await billedRows(model, 3);
  assert.equal(rows.length, 3);
  for (const row of rows) {
    assert.equal(row.usage_source, 'provider');
    assert.deepEqual([row.input_uncached, row.cached_read, row.output_total, row.of_input_audio, row.of_output_audio], [10, 2, 5, 4, 3]);
    assert.equal(row.stream, 1);
    assert.ok(Number(row.cost) > 0);
  }
  const handshake = provider.handshakes.at(-1);
  assert.equal(handshake.headers.authorization, `Bearer ${PROVIDER_KEY}`);
  assert.ok(!JSON.stringify(handshake).includes(KEY));
  assert.equal(handshake.url, `/v1/realtime?model=${model}`);
});

it('a browser signs in by subprotocol, which is neither echoed nor passed on', async () => {
  const model = freshModel();
  const { socket, seen } = await opened(address(model), ['realtime', `openai-insecure-api-key.${KEY}`]);

  assert.equal(socket.protocol, 'realtime');
  create(socket);
  await seen('response.done');
  socket.close();

  assert.equal(provider.handshakes.at(-1).headers['sec-websocket-protocol'], 'realtime');
  assert.ok(!JSON.stringify(provider.handshakes.at(-1)).includes(KEY));
  assert.equal((await billedRows(model, 1)).length, 1);
});

it('openai 7 holds a session over TLS, as it must', { skip: !hasOpenssl && 'no openssl command' }, async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-wss-'));
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: folder });
  assert.equal(made.status, 0, String(made.stderr));
  const secure = await Pulse.start({ ready: false, config: {
    providers: pulse.config.providers, gateway: { tls: { certificate: path.join(folder, 'cert.pem'), private_key: path.join(folder, 'key.pem') } },
  } });
  try {
    await until('it listens', () => new Promise((done) => {
      const socket = net.connect(secure.port, '127.0.0.1', () => { socket.destroy(); done(true); }).on('error', () => done(false));
    }), 20);
    const client = new OpenAI({ apiKey: KEY, baseURL: `https://localhost:${secure.port}/v1` });
    const done = await new Promise((resolve, reject) => {
      const realtime = new OpenAIRealtimeWS({ model: freshModel(), options: { rejectUnauthorized: false } }, client);
      realtime.on('error', reject);
      realtime.socket.on('open', () => realtime.send({ type: 'response.create' }));
      let text = '';
      realtime.on('response.output_text.delta', ({ delta }) => { text += delta; });
      realtime.on('response.done', ({ response }) => { realtime.close(); resolve({ text, usage: response.usage }); });
    });

    assert.equal(done.text, 'Hello there');
    assert.equal(done.usage.output_tokens, 5);
  } finally {
    await secure.stop();
  }
});

it('large and binary messages pass whole, both ways', async () => {
  const { socket, events } = await opened(address(freshModel()), { headers: { authorization: `Bearer ${KEY}` } });
  const audio = 'A'.repeat(3 << 20);

  socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio }));
  await until('it has come', () => provider.received.some(({ data, isBinary }) => !isBinary && data.length > audio.length));
  assert.equal(JSON.parse(provider.received.find(({ data }) => data.length > audio.length).data).audio, audio);
  provider.last.send(JSON.stringify({ type: 'response.output_audio.delta', delta: audio }));
  await until('it came back', () => events.some((event) => event.delta === audio));
  socket.close();
});

it('a caller who leaves in the middle of a response: it is cancelled, and what was made of it is billed', async () => {
  const model = freshModel();
  const usual = provider.answer;
  provider.answer = (to) => { for (const event of responseEvents().slice(0, 3)) to.send(JSON.stringify(event)); };
  try {
    const { socket, seen } = await opened(address(model), { headers: { authorization: `Bearer ${KEY}` } });
    const upstream = provider.last;
    const closed = once(upstream, 'close');
    create(socket);
    await seen('response.output_text.delta', 2);
    socket.terminate();
    await Promise.race([closed, new Promise((_, fail) => setTimeout(() => fail(new Error('the provider\'s session goes on')), 10_000 * SLOWNESS))]);
  } finally {
    provider.answer = usual;
  }

  const rows = await billedRows(model, 1);
  assert.equal(rows.length, 1);
  assert.equal(rows[0].usage_source, 'provider');
  assert.equal(rows[0].output_total, 2);
});

it('the provider\'s close reaches the caller', async () => {
  const { socket, seen } = await opened(address(freshModel()), { headers: { authorization: `Bearer ${KEY}` } });
  await seen('session.created');

  provider.last.close(4001, 'session expired');

  const [code, reason] = await once(socket, 'close');
  assert.deepEqual([code, String(reason)], [4001, 'session expired']);
});

it('is refused before it begins: without a good key, an unknown model, a hard budget', async () => {
  const before = provider.handshakes.length;

  assert.equal((await refused(address('gpt-realtime'), { headers: { authorization: `Bearer ${keyNamed('nobody')}` } })).status, 401);
  assert.equal((await refused(address('no-such-model'), { headers: { authorization: `Bearer ${KEY}` } })).status, 404);
  const hard = await refused(address('gpt-realtime'), { headers: { authorization: `Bearer ${keyNamed('hard')}` } });
  assert.equal(hard.status, 403);
  assert.match(hard.error.message, /allow_deferred/);

  assert.equal(provider.handshakes.length, before);
});
