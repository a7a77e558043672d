// What open streams cost: memory for each, and the time from a caller's leaving to the provider's being let go.
//   tests/e2e/node_modules/node-linux-*/bin/node bench/streams.mjs --binary build/release/pulse [--only leaving|memory]
// Callers and provider are in this process, so both times are of one clock; each abort through Pulse has its control, the
// same abort at the provider itself, behind it.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { binary: { type: 'string' }, only: { type: 'string' }, times: { type: 'string', default: '100' } },
});
if (options.binary) process.env.PULSE_BIN = path.resolve(options.binary);
const E2E = path.resolve(import.meta.dirname, '../tests/e2e');
const { startDialects } = await import(`${E2E}/dialect_providers.mjs`);
const { DIALECTS, streamFor } = await import(`${E2E}/fake_dialects.mjs`);
const { PROVIDER_KEY } = await import(`${E2E}/fake_provider.mjs`);
const { KEY } = await import(`${E2E}/pulse_process.mjs`);

const WORDS = Array.from({ length: 24 }, (_, i) => ` word${i}`);
/** An event with text, which may come any number of times. */
const FILLER = { chat: 1, responses: 4, messages: 3, geminiSse: 1, converse: 1, invoke: 3, cohere: 2 };

/** A stream's answer, when its head and first event are here. */
async function open(name, port, key) {
  const { path: pathOf, body, model } = DIALECTS[name];
  const bytes = Buffer.from(JSON.stringify(body(model)));
  const request = http.request({
    host: '127.0.0.1', port, method: 'POST', path: pathOf(model), agent: false,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': bytes.length },
  });
  request.on('error', () => {});
  request.end(bytes);
  const [response] = await once(request, 'response');
  response.on('error', () => {});
  const stream = { request, response, received: 0 };
  const first = new Promise((resolve) => {
    response.on('data', (part) => { stream.received += part.length; resolve(); });
  });
  await first;
  return stream;
}

// ---- leaving

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

async function measureLeaving() {
  const times = Number(options.times);
  // Every provider is told to stop here: those that bill on anyway are read on by default.
  const cancel = Object.fromEntries(['gemini', 'bedrock'].map((kind) => [kind, { on_disconnect: 'cancel' }]));
  const { provider, pulse } = await startDialects({ more: cancel });
  let closed;
  provider.special = (request, response) => {
    const stream = streamFor(request);
    if (!stream) return false;
    closed = new Promise((resolve) => response.once('close', () => resolve(performance.now())));
    response.writeHead(200, { 'content-type': stream.type });
    response.write(Buffer.concat(stream.events(WORDS).slice(0, 12)));
    return true;
  };
  row(['dialect', 'median ms', 'p95', 'max', 'at the provider itself: median ms', 'p95', 'max']);
  row(Array(7).fill('---'));
  for (const name of Object.keys(DIALECTS)) {
    const waits = { pulse: [], direct: [] };
    for (let i = 0; i < times + 5; ++i) {
      for (const [where, port, key] of [['pulse', pulse.port, KEY], ['direct', provider.port, PROVIDER_KEY]]) {
        const { request } = await open(name, port, key);
        await pause(5);
        const left = performance.now();
        request.destroy();
        const wait = await closed - left;
        if (i >= 5) waits[where].push(wait);
      }
    }
    row([name, ...Object.values(waits).flatMap((list) => {
      list.sort((a, b) => a - b);
      return [quantile(list, 0.5), quantile(list, 0.95), list.at(-1)].map((ms) => ms.toFixed(2));
    })]);
  }
  await pulse.stop();
  await provider.stop();
}

// ---- memory

/** Dialect, streams at once, and events that pass each of them once it is open. */
const CASES = [['chat', 500, 2000], ['chat', 1000, 0], ['chat', 100, 20_000], ['messages', 300, 2000], ['converse', 300, 2000]];

function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)[1]);
  return { rss: kib('Rss'), pss: kib('Pss'), own: kib('Private_Clean') + kib('Private_Dirty') };
}

async function measureMemory(name, count, manyEvents) {
  const { provider, pulse } = await startDialects();
  const responses = [];
  const eventsOf = DIALECTS[name].events(DIALECTS[name].model, WORDS);
  const filler = eventsOf[FILLER[name]];
  provider.special = (request, response) => {
    const stream = streamFor(request);
    if (!stream) return false;
    responses.push(response);
    response.writeHead(200, { 'content-type': stream.type });
    response.write(Buffer.concat(eventsOf.slice(0, 10)));
    return true;
  };
  const settled = async () => { await pause(1500); return memoryOf(pulse.child.pid); };
  const openMany = async (wanted) => {
    const streams = [];
    while (streams.length < wanted) streams.push(...await Promise.all(Array.from({ length: Math.min(50, wanted - streams.length) }, () => open(name, pulse.port, KEY))));
    return streams;
  };
  const endAll = () => Promise.all(responses.splice(0).map((response) => { response.end(Buffer.concat(eventsOf.slice(10))); return once(response, 'close').catch(() => {}); }));

  // What the first requests of a process build once is not a stream's.
  const first = await openMany(4);
  await Promise.all([endAll(), ...first.map(({ response }) => once(response, 'end'))]);
  const before = await settled();
  const streams = await openMany(count);
  const held = await settled();
  let later;
  if (manyEvents > 0) {
    const batch = Buffer.concat(Array(50).fill(filler));
    for (let sent = 0; sent < manyEvents; sent += 50) {
      for (const response of responses) response.write(batch);
      // All of it has to pass, not to wait in this process.
      const due = (sent + 50) * filler.length;
      while (streams.some((stream) => stream.received < due)) await pause(5);
    }
    later = await settled();
  }
  await Promise.all([endAll(), ...streams.map(({ response }) => once(response, 'end'))]);
  const after = await settled();
  const each = (now, kind) => ((now[kind] - before[kind]) / count).toFixed(1);
  row([name, count, `${before.rss} → ${held.rss}`, each(held, 'rss'), each(held, 'pss'), each(held, 'own'),
    later ? manyEvents : '', later ? each(later, 'rss') : '', after.rss]);
  await pulse.stop();
  await provider.stop();
}

if (options.only !== 'memory') await measureLeaving();
if (options.only !== 'leaving') {
  row(['dialect', 'open streams', 'RSS KiB before → with them', 'RSS KiB each', 'PSS', 'private', 'events that then passed', 'RSS each', 'RSS KiB after their end']);
  row(Array(9).fill('---'));
  for (const [name, count, events] of CASES) await measureMemory(name, count, events);
}
