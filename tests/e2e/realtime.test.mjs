// Realtime sessions beyond the everyday: exact bytes and prices, every kind of end, budgets, kill -9, many at once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';

import { PROVIDER_KEY } from './fake_provider.mjs';
import { FakeRealtime, RESPONSE_USAGE, responseDone, serverEvent, sessionEvent, speak, startBareServer } from './fake_realtime.mjs';
import { KEY, keyNamed, Pulse, sameMoney, SLOWNESS, until } from './pulse_process.mjs';

// RESPONSE_USAGE at gpt-realtime's prices: (60·4 + 3·32 + 59·0.40 + 5·0.40 + 36·16 + 112·64) / 10⁶ USD.
const RESPONSE_COST = '0.0081056';

let provider;
let bare;
let bareScript;
let pulse;
before(async () => {
  provider = await new FakeRealtime().start();
  bare = await startBareServer((session) => bareScript(session));
  const openai = { kind: 'openai', base_url: provider.baseUrl, api_key: PROVIDER_KEY, models: ['gpt-realtime*', 'gpt-4o*', 'whisper-1'] };
  pulse = await Pulse.start({
    config: {
      providers: {
        openai,
        bare: { ...openai, base_url: bare.baseUrl, models: ['bare-*'], prices: { '*': { input: '1.00', output: '2.00' } } },
        azure: { kind: 'azure', base_url: provider.baseUrl.replace('/v1', ''), api_key: PROVIDER_KEY, api_version: '2024-10-01-preview', deployments: { 'gpt-azure': 'my-realtime' }, models: ['gpt-azure'], prices: { '*': { input: '1.00', output: '2.00' } } },
        azure1: { kind: 'azure', base_url: provider.baseUrl.replace('/v1', ''), api_key: PROVIDER_KEY, deployments: {}, models: ['gpt-azure1'], prices: { '*': { input: '1.00', output: '2.00' } } },
      },
    },
    keys: {
      poor: { allow_deferred: true, budgets: [{ period: 'month', limit: '0.02', currency: 'USD' }] },
      narrow: { allowed_models: ['gpt-realtime*', 'whisper-1'] },
      single: { max_parallel_requests: 1 },
      slow: { requests_per_minute: 2 },
      leaver: {},
    },
  });
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
  bare?.stop();
});

const wsUrl = (path) => pulse.origin.replace('http', 'ws') + path;
const DEFAULT = '/v1/realtime?model=gpt-realtime';

/** An open session: its events, its close, and the handshake's fields. */
async function open(path = DEFAULT, { key = KEY, headers = {}, protocols = [], ...options } = {}) {
  const socket = new WebSocket(wsUrl(path), protocols, { headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers }, ...options });
  const session = { socket, messages: [], events: [], pings: [] };
  socket.on('message', (data, isBinary) => {
    session.messages.push({ data, isBinary });
    if (!isBinary) try { session.events.push(JSON.parse(data)); } catch { /* not an event */ }
  });
  socket.on('ping', (data) => session.pings.push(data.toString()));
  session.closed = new Promise((done) => socket.on('close', (code, reason) => done({ code, reason: reason.toString() })));
  socket.on('upgrade', (response) => { session.head = response.headers; });
  await new Promise((done, fail) => {
    socket.once('open', done);
    socket.once('error', fail);
    socket.once('unexpected-response', (_, response) => {
      let text = '';
      response.on('data', (part) => { text += part; }).on('end', () => fail(Object.assign(new Error(`status ${response.statusCode}`), { status: response.statusCode, headers: response.headers, body: text && JSON.parse(text) })));
    });
  });
  socket.on('error', () => {});
  session.id = session.head['x-pulse-request-id'];
  session.say = (event) => socket.send(JSON.stringify(event));
  session.seen = (type, count = 1) => until(`${count} × ${type}`, () => session.events.filter((event) => event.type === type).length >= count);
  return session;
}
const refusal = (path, options) => open(path, options).then(() => assert.fail('it was opened'), (error) => error);

function query(sql, ...values) {
  const database = new DatabaseSync(pulse.database, { readOnly: true });
  try { return database.prepare(sql).all(...values); } finally { database.close(); }
}
/** The rows of what was billed within a session. */
const rowsOf = (session) => query('SELECT * FROM ai_request_log WHERE request_id_caller = ? ORDER BY ts', session.id);
const billedRows = (session, count) => until(`${count} rows`, () => {
  const rows = rowsOf(session);
  return rows.length >= count ? rows : undefined;
});

describe('relay', () => {
  it('passes texts, bytes, fragments, pings and pongs both ways', async () => {
    provider.script = (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      socket.on('ping', () => { provider.pinged = true; });
      socket.ping('from the provider');
    };
    const session = await open();
    const sent = ['a', '', 'äöü€🙂', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(65535), 'w'.repeat(65536), 'v'.repeat(3_000_000)];
    for (const text of sent) session.socket.send(text);
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) & 255));
    session.socket.send(bytes);
    session.socket.send('frag', { fin: false });
    session.socket.ping('from the caller');
    session.socket.send('mented', { fin: true });
    const [pong] = await once(session.socket, 'pong');
    await until('all came back', () => session.messages.length >= sent.length + 2);

    assert.deepEqual(session.messages.slice(0, sent.length).map(({ data }) => data.toString()), sent);
    assert.ok(session.messages[sent.length].isBinary && session.messages[sent.length].data.equals(bytes));
    assert.equal(session.messages.at(-1).data.toString(), 'fragmented');
    assert.equal(pong.toString(), 'from the caller');
    assert.deepEqual(session.pings, ['from the provider']);
    assert.ok(provider.pinged);
    session.socket.close();
    await session.closed;
  });

  it('offers no extension to either side, and passes only what may pass', async () => {
    const session = await open(DEFAULT, { perMessageDeflate: true, headers: { 'openai-beta': 'realtime=v1', 'openai-organization': 'org-theirs', 'x-secret': 'no', cookie: 'a=b' } });

    const { headers } = provider.openings.at(-1);
    assert.equal(session.socket.extensions, '');
    assert.equal(headers['sec-websocket-extensions'], undefined);
    assert.equal(headers['openai-beta'], 'realtime=v1');
    for (const name of ['openai-organization', 'x-secret', 'cookie', 'origin', 'x-pulse-request-id']) assert.equal(headers[name], undefined, name);
    assert.equal(headers.authorization, `Bearer ${PROVIDER_KEY}`);
    session.socket.close();
  });

  it('takes what the provider sends right behind its handshake', async () => {
    bareScript = ({ socket, open: answer }) => {
      const text = sessionEvent('session.created', 'bare-model');
      answer(Buffer.concat([Buffer.from([0x81, 126, text.length >> 8, text.length & 255]), Buffer.from(text)]));
      socket.on('data', () => {});
    };
    const session = await open('/v1/realtime?model=bare-early');
    await session.seen('session.created');
    session.socket.terminate();
  });

  it('is found at every path, with the model under the provider\'s name', async () => {
    provider.script = () => {};
    const cases = [
      ['/v1/realtime?model=openai/gpt-realtime', '/v1/realtime?model=gpt-realtime'],
      ['/openai/v1/realtime?model=gpt-realtime', '/v1/realtime?model=gpt-realtime'],
      ['/realtime?model=gpt-realtime&key=nothing', '/v1/realtime?model=gpt-realtime'],
      ['/providers/openai/v1/realtime?model=gpt-realtime-mini', '/v1/realtime?model=gpt-realtime-mini'],
      ['/openai/realtime?api-version=2024-10-01-preview&deployment=gpt-azure', '/openai/realtime?api-version=2024-10-01-preview&deployment=my-realtime'],
      ['/v1/realtime?model=gpt-azure', '/openai/realtime?api-version=2024-10-01-preview&deployment=my-realtime'],
      ['/v1/realtime?model=gpt-azure1', '/openai/v1/realtime?model=gpt-azure1'],
      ['/v1/realtime?intent=transcription', '/v1/realtime?intent=transcription'],
    ];
    for (const [asked, expected] of cases) {
      const session = await open(asked);
      assert.equal(provider.openings.at(-1).url, expected, asked);
      session.socket.terminate();
    }
    const session = await open('/openai/realtime?api-version=2024-10-01-preview&deployment=gpt-azure', { key: null, headers: { 'api-key': KEY } });
    assert.equal(provider.openings.at(-1).headers['api-key'], PROVIDER_KEY);
    assert.ok(!provider.openings.at(-1).raw.includes(KEY));
    session.socket.terminate();
  });
});

describe('TLS', () => {
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

  it('passes the same bytes when both sides are TLS', { skip: !hasOpenssl && 'no openssl command' }, async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-wss-'));
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: folder });
    assert.equal(made.status, 0, String(made.stderr));
    const [certificate, private_key] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name));
    const secureProvider = await new FakeRealtime({ tls: { key: readFileSync(private_key), cert: readFileSync(certificate) } }).start();
    secureProvider.script = (socket) => {
      socket.on('message', (data, isBinary) => (data.length === 3 ? socket.close(4002, 'over') : socket.send(data, { binary: isBinary })));
    };
    const secure = await Pulse.start({ ready: false, config: {
      gateway: { tls: { certificate, private_key } },
      providers: { openai: { kind: 'openai', base_url: secureProvider.baseUrl, api_key: PROVIDER_KEY, ca: certificate, models: ['gpt-realtime'] } },
    } });
    try {
      await until('it listens', () => new Promise((done) => {
        const socket = net.connect(secure.port, '127.0.0.1', () => { socket.destroy(); done(true); }).on('error', () => done(false));
      }), 20);
      const socket = new WebSocket(`wss://localhost:${secure.port}${DEFAULT}`, ['realtime', `openai-insecure-api-key.${KEY}`, 'openai-beta.realtime-v1', 'openai-organization.org-theirs'], { ca: readFileSync(certificate) });
      const messages = [];
      socket.on('message', (data) => messages.push(data));
      const closed = new Promise((done) => socket.on('close', (code, reason) => done({ code, reason: reason.toString() })));
      await once(socket, 'open');
      const sent = [1, 126, 16384, 70_000, 2_500_000].map((size) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + size) & 255)));
      for (const bytes of sent) socket.send(bytes);
      await until('all came back', () => messages.length === sent.length);
      assert.ok(messages.every((data, i) => data.equals(sent[i])));
      socket.send(Buffer.from('end'));
      assert.deepEqual(await closed, { code: 4002, reason: 'over' });
      const { headers, raw } = secureProvider.openings.at(-1);
      assert.equal(headers['sec-websocket-protocol'], 'realtime, openai-beta.realtime-v1');
      assert.ok(!raw.includes(KEY) && !secure.output.includes(KEY));
    } finally {
      await secure.stop();
      await secureProvider.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('bill', () => {
  it('prices text, audio and cached parts of a response, and a transcription at its own model', async () => {
    provider.script = (socket) => {
      socket.send(sessionEvent('session.created', 'gpt-realtime-2025-08-28'));
      socket.on('message', (data) => {
        const { type } = JSON.parse(data);
        if (type === 'session.update') socket.send(sessionEvent('session.updated', 'gpt-realtime-2025-08-28', 'whisper-1'));
        if (type === 'input_audio_buffer.commit') socket.send(serverEvent({ type: 'conversation.item.input_audio_transcription.completed', item_id: 'item_7', transcript: 'Hey', usage: { type: 'duration', seconds: 59.2 } }));
        if (type === 'response.create') speak(socket);
      });
    };
    const session = await open();
    session.say({ type: 'session.update' });
    session.say({ type: 'input_audio_buffer.commit' });
    session.say({ type: 'response.create' });
    await session.seen('response.done');
    session.socket.close(1000);
    await session.closed;

    const rows = await billedRows(session, 2);
    const transcription = rows.find((row) => row.model_served === 'whisper-1');
    const response = rows.find((row) => row.model_served === 'gpt-realtime-2025-08-28');
    assert.ok(sameMoney(response.cost, RESPONSE_COST), response.cost);
    assert.equal(response.cost_status, 'exact');
    assert.deepEqual([response.input_uncached, response.cached_read, response.of_input_audio, response.of_cached_audio, response.output_total, response.of_output_audio], [63, 64, 8, 5, 148, 112]);
    assert.equal(response.finish_reason, 'completed');
    assert.match(response.request_id_provider, /^resp_/);
    assert.ok(sameMoney(transcription.cost, '0.006'), `whisper: 60 s at 0.006 a minute, ${transcription.cost}`);
    const whole = await pulse.record(session.id);
    assert.equal(whole.outcome, 'answered');
    assert.equal(whole.status, 101);
    assert.ok(sameMoney(whole.cost, '0'), 'the session itself costs nothing beside its rows');
    const charges = query('SELECT count(*) AS n FROM cost_event WHERE request_id IN (SELECT id FROM ai_request_log WHERE request_id_caller = ?)', session.id);
    assert.equal(charges[0].n, 2);
  });

  it('a session that only transcribes is billed at the transcription\'s model', async () => {
    provider.script = (socket) => {
      socket.send(sessionEvent('session.created', undefined, 'gpt-4o-transcribe'));
      socket.on('message', () => socket.send(serverEvent({ type: 'conversation.item.input_audio_transcription.completed', item_id: 'item_8', usage: { type: 'tokens', total_tokens: 26, input_tokens: 17, input_token_details: { text_tokens: 0, audio_tokens: 17 }, output_tokens: 9 } })));
    };
    const session = await open('/v1/realtime?intent=transcription');
    session.socket.send('{}');
    const [row] = await billedRows(session, 1);
    session.socket.close();

    assert.deepEqual([row.model_requested, row.model_served, row.of_input_audio, row.output_total], ['gpt-4o-transcribe', 'gpt-4o-transcribe', 17, 9]);
    assert.ok(Number(row.cost) > 0);
    assert.equal(row.cost_status, 'exact');
  });

  it('a key that is revoked ends its sessions at their next response', async () => {
    provider.script = (socket) => { socket.on('message', () => speak(socket)); };
    const session = await open(DEFAULT, { key: keyNamed('leaver') });
    session.say({ type: 'response.create' });
    await session.seen('response.done', 1);
    const { id } = JSON.parse(pulse.cli('keys', 'list', '--json').stdout).find((key) => key.label === 'leaver');
    assert.equal(pulse.cli('keys', 'revoke', id).status, 0);
    await until('it is known', () => refusal(DEFAULT, { key: keyNamed('leaver') }).then((error) => error.status === 401, () => false));
    session.say({ type: 'response.create' });

    assert.equal((await session.closed).code, 1008);
    assert.equal(session.events.at(-1).error.code, 'invalid_api_key');
    assert.equal((await billedRows(session, 2)).length, 2);
  });

  it('a response without usage, a failed and a cancelled one have a row each', async () => {
    provider.script = (socket) => {
      socket.on('message', () => {
        socket.send(responseDone(null, { status: 'failed', status_details: { type: 'failed', error: { type: 'server_error', code: 'overloaded' } } }));
        socket.send(responseDone({ total_tokens: 0, input_tokens: 0, output_tokens: 0 }, { status: 'cancelled', status_details: { reason: 'turn_detected' } }));
        socket.send('this is no JSON');
        socket.send(serverEvent({ type: 'response.done' }));
      });
    };
    const session = await open();
    session.socket.send('{}');
    await session.seen('response.done', 3);
    session.socket.close();

    const rows = await billedRows(session, 3);
    assert.deepEqual(rows.map((row) => [row.outcome, row.usage_source, row.finish_reason, row.error_code]).slice(0, 2), [
      ['provider_error', 'none', 'failed', 'overloaded'], ['answered', 'provider', 'turn_detected', null]]);
  });

  it('an answer that was cancelled because its caller left is billed as the provider says', async () => {
    provider.script = (socket) => {
      socket.on('message', (data) => {
        const { type } = JSON.parse(data);
        if (type === 'response.create') {
          socket.send(serverEvent({ type: 'response.created', response: { id: 'r' } }));
          socket.send(serverEvent({ type: 'response.output_text.delta', delta: 'Hel' }));
        }
        if (type === 'response.cancel') socket.send(responseDone(RESPONSE_USAGE, { status: 'cancelled', status_details: { reason: 'client_cancelled' } }));
      });
    };
    for (const leave of [(socket) => socket.close(1000), (socket) => socket.terminate()]) {
      const session = await open();
      session.say({ type: 'response.create' });
      await session.seen('response.output_text.delta');
      leave(session.socket);
      await session.closed;
      const [row] = await billedRows(session, 1);
      assert.equal(row.usage_source, 'provider');
      assert.ok(sameMoney(row.cost, RESPONSE_COST), row.cost);
    }
  });

  it('a hard budget that is used up ends the session with an error event and 1008', async () => {
    provider.script = (socket) => { socket.on('message', () => speak(socket)); };
    const session = await open(DEFAULT, { key: keyNamed('poor') });
    for (let i = 1; i <= 3; ++i) {
      session.say({ type: 'response.create' });
      await session.seen('response.done', i);
    }
    const { code, reason } = await session.closed;
    const last = session.events.at(-1);

    assert.equal(code, 1008);
    assert.match(reason, /budget/);
    assert.equal(last.type, 'error');
    assert.equal(last.error.code, 'insufficient_quota');
    assert.match(last.error.message, /budget/);
    assert.equal((await billedRows(session, 3)).length, 3);
    assert.equal((await pulse.record(session.id, keyNamed('poor'))).error_code, 'insufficient_quota');
    const again = await refusal(DEFAULT, { key: keyNamed('poor') });
    assert.equal(again.status, 429);
    assert.equal(again.body.error.code, 'insufficient_quota');
  });

  it('responses count against the key\'s rate, sessions against its parallel requests', async () => {
    provider.script = (socket) => { socket.on('message', () => speak(socket)); };
    const slow = await open(DEFAULT, { key: keyNamed('slow') });
    slow.say({ type: 'response.create' });
    await slow.seen('response.done', 1);
    slow.say({ type: 'response.create' });
    assert.equal((await slow.closed).code, 1008);
    assert.equal(slow.events.at(-1).error.code, 'rate_limit_exceeded');

    const one = await open(DEFAULT, { key: keyNamed('single') });
    assert.equal((await refusal(DEFAULT, { key: keyNamed('single') })).status, 429);
    one.say({ type: 'response.create' });
    await one.seen('response.done');
    one.socket.close();
    await one.closed;
    const two = await until('the place is free', () => open(DEFAULT, { key: keyNamed('single') }).catch(() => undefined));
    two.socket.close();
  });

  it('a session may not transcribe with a model that its key may not use', async () => {
    provider.script = (socket) => { socket.on('message', (data) => socket.send(sessionEvent('session.updated', 'gpt-realtime', JSON.parse(data).model))); };
    const session = await open(DEFAULT, { key: keyNamed('narrow') });
    session.say({ model: 'whisper-1' });
    await session.seen('session.updated');
    session.say({ model: 'gpt-4o-transcribe' });
    assert.equal((await session.closed).code, 1008);
    assert.equal(session.events.at(-1).error.code, 'model_not_allowed');
  });
});

describe('ends', () => {
  it('passes close codes and reasons both ways', async () => {
    provider.script = (socket) => { socket.on('message', () => socket.close(4567, 'the provider has enough')); };
    const first = await open();
    first.socket.send('x');
    assert.deepEqual(await first.closed, { code: 4567, reason: 'the provider has enough' });

    let heard;
    provider.script = (socket) => { heard = new Promise((done) => socket.on('close', (code, reason) => done({ code, reason: reason.toString() }))); };
    const second = await open();
    second.socket.close(4321, 'the caller has enough');
    assert.deepEqual(await heard, { code: 4321, reason: 'the caller has enough' });
    assert.equal((await second.closed).code, 4321);
  });

  it('a provider that breaks off is an error event and 1011; the session is cut', async () => {
    provider.script = (socket) => { socket.on('message', () => socket.terminate()); };
    const session = await open();
    session.socket.send('x');
    assert.equal((await session.closed).code, 1011);
    assert.equal(session.events.at(-1).type, 'error');
    assert.equal((await pulse.record(session.id)).outcome, 'cut');
  });

  it('a caller who vanishes is 1001 for the provider', async () => {
    let heard;
    provider.script = (socket) => { heard = new Promise((done) => socket.on('close', (code) => done(code))); };
    const session = await open();
    session.socket.terminate();
    assert.equal(await heard, 1001);
    assert.equal((await pulse.record(session.id)).outcome, 'caller_gone');
  });

  it('frames that no side may send close both', async () => {
    bareScript = ({ socket, open: answer }) => { answer(); socket.on('data', () => socket.write(Buffer.from([0xc1, 0x01, 0x41]))); };
    const session = await open('/v1/realtime?model=bare-compressed');
    session.socket.send('x');
    assert.equal((await session.closed).code, 1011);

    let heard;
    provider.script = (socket) => { heard = new Promise((done) => socket.on('close', (code) => done(code))); };
    const other = await open();
    other.socket._socket.write(Buffer.from([0x81, 0x01, 0x41])); // not masked
    assert.equal((await other.closed).code, 1002);
    assert.equal(await heard, 1001);
  });

  it('ends sessions when it shuts down: at once where nothing is made, else behind the response', async () => {
    let heard = [];
    provider.script = (socket) => {
      heard.push(new Promise((done) => socket.on('close', (code) => done(code))));
      socket.on('message', async () => {
        socket.send(serverEvent({ type: 'response.created', response: { id: 'r' } }));
        await new Promise((done) => setTimeout(done, 1500));
        socket.send(responseDone());
      });
    };
    const other = await Pulse.start({ config: { providers: { openai: pulse.config.providers.openai } } });
    const connect = (script) => new Promise((done) => {
      const socket = new WebSocket(other.origin.replace('http', 'ws') + DEFAULT, { headers: { authorization: `Bearer ${KEY}` } });
      const events = [];
      socket.on('message', (data) => events.push(JSON.parse(data)));
      const closed = new Promise((end) => socket.on('close', (code) => end({ code, events })));
      socket.on('open', () => { script(socket); done({ closed }); });
    });
    const idle = await connect(() => {});
    const busy = await connect((socket) => socket.send('x'));
    await until('it speaks', () => provider.sockets.size >= 2);
    await new Promise((done) => setTimeout(done, 200));
    const stopped = other.stop();

    assert.equal((await idle.closed).code, 1001);
    const { code, events } = await busy.closed;
    assert.equal(code, 1001);
    assert.deepEqual(events.map((event) => event.type), ['response.created', 'response.done', 'error']);
    assert.deepEqual(await Promise.all(heard), [1000, 1000]);
    await stopped;
  });

  it('kill -9 loses no response that a caller has seen', async () => {
    provider.script = (socket) => { socket.on('message', () => speak(socket, { deltas: 1 })); };
    const sessions = await Promise.all(Array.from({ length: 20 }, () => open()));
    for (const session of sessions) {
      session.socket.on('message', (data) => { if (JSON.parse(data).type === 'response.done') session.say({ type: 'response.create' }); });
      session.say({ type: 'response.create' });
    }
    await until('responses', () => sessions.every((session) => session.events.filter((event) => event.type === 'response.done').length >= 5), 20);
    await pulse.kill('SIGKILL');
    await Promise.all(sessions.map((session) => session.closed));
    await pulse.launch();

    for (const session of sessions) {
      const seen = session.events.filter((event) => event.type === 'response.done').map((event) => event.response.id);
      const rows = await billedRows(session, seen.length);
      const ids = rows.map((row) => row.request_id_provider);
      assert.equal(new Set(ids).size, ids.length, 'nothing twice');
      for (const id of seen) assert.ok(ids.includes(id), `${id} was seen and has no row`);
      assert.ok(rows.every((row) => sameMoney(row.cost, RESPONSE_COST)));
    }
  });
});

describe('refusals', () => {
  it('say what to do', async () => {
    assert.equal((await refusal(DEFAULT, { key: null })).status, 401);
    assert.equal((await refusal(DEFAULT, { key: keyNamed('unknown') })).status, 401);
    assert.equal((await refusal('/v1/realtime')).status, 400);
    assert.equal((await refusal('/v1/realtime?model=no-such-model')).status, 404);
    assert.equal((await refusal('/v1/realtime?call_id=rtc_1')).status, 403);
    assert.equal((await refusal('/v1/realtime?model=gpt-4o', { key: keyNamed('narrow') })).status, 403);
    assert.equal((await refusal(DEFAULT, { key: null, protocols: [`openai-insecure-api-key.${KEY}`] })).status, 400);
    assert.equal((await refusal('/v1/responses')).status, 426);
    const plain = await fetch(pulse.origin + DEFAULT, { headers: { authorization: `Bearer ${KEY}` } });
    assert.equal(plain.status, 426);
    assert.equal(plain.headers.get('upgrade'), 'websocket');
    assert.match((await plain.json()).error.message, /WebSocket/);
    const old = await pulse.raw(`GET ${DEFAULT} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 8\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer ${KEY}\r\n\r\n`, { enough: (text) => text.includes('\r\n\r\n') });
    assert.match(old.text, /^HTTP\/1\.1 426 [^]*sec-websocket-version: 13/);
    const post = await pulse.post('/v1/realtime?model=gpt-realtime', {});
    assert.equal(post.status, 405);
  });

  it('are the provider\'s where it refuses, except about our key', async () => {
    provider.refuse = () => [404, { error: { message: 'The model `gpt-realtime` does not exist.', type: 'invalid_request_error', code: 'model_not_found' } }];
    const gone = await refusal(DEFAULT);
    assert.deepEqual([gone.status, gone.body.error.code], [404, 'model_not_found']);
    provider.refuse = () => [401, { error: { message: 'Incorrect API key provided.' } }];
    assert.equal((await refusal(DEFAULT)).status, 502);
    provider.refuse = () => [200, {}];
    assert.equal((await refusal(DEFAULT)).status, 502);
    provider.refuse = undefined;
    bareScript = ({ socket }) => socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: d3Jvbmc=\r\n\r\n');
    assert.equal((await refusal('/v1/realtime?model=bare-wrong')).status, 502);
  });
});

it('200 sessions at once, in bounded memory', async (test) => {
  provider.script = (socket) => { socket.on('message', (data) => { if (JSON.parse(data).type === 'response.create') speak(socket, { deltas: 50 }); }); };
  const before = pulse.residentKb();
  const count = 200;
  const sessions = await Promise.all(Array.from({ length: count }, () => open()));
  const opened = pulse.residentKb();
  for (let round = 1; round <= 3; ++round) {
    for (const session of sessions) {
      session.say({ type: 'input_audio_buffer.append', audio: 'A'.repeat(200_000) });
      session.say({ type: 'response.create' });
    }
    await Promise.all(sessions.map((session) => until('done', () => session.events.filter((event) => event.type === 'response.done').length >= round, 60)));
  }
  const peak = pulse.residentKb();
  for (const session of sessions) session.socket.close();
  await Promise.all(sessions.map((session) => session.closed));

  test.diagnostic(`${((opened - before) / count).toFixed(0)} KiB a session open, ${((peak - before) / count).toFixed(0)} KiB at work`);
  for (const session of sessions) assert.equal((await billedRows(session, 3)).length, 3);
  assert.ok((peak - before) / count < 400 * SLOWNESS, `${(peak - before) / count} KiB a session`);
  await until('no connection is left', async () => (await pulse.metric('pulse_inflight_requests')) === 0);
});
