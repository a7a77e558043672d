// Starts the built binary with a configuration of its own in a folder of its own, and asks it things.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { PROVIDER_KEY } from './fake_provider.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const BINARY = path.resolve(process.env.PULSE_BIN ?? path.join(ROOT, 'build/release/pulse'));
export const FIXTURES = path.resolve(process.env.PULSE_FIXTURES ?? path.join(ROOT, '../shared/fixtures'));
/** A binary built with a sanitizer is ten times slower: loads shrink and waits grow by this. */
export const SLOWNESS = process.env.PULSE_SLOW_BINARY ? 8 : 1;

/** A key in the right form: `sk-pulse-` and 40 characters, different for each name. */
export const keyNamed = (name) => `sk-pulse-${name.replace(/[^a-zA-Z0-9]/g, '').padEnd(40, '0').slice(0, 40)}`;
export const KEY = keyNamed('main');

// Below the range that Linux takes the local ports of outgoing connections from: one of those, of a test that
// runs beside this one, could otherwise take a port between its choice here and Pulse's listen.
const [LOWEST, HIGHEST] = [10_240, 32_000];
let candidate = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));

const canListen = (port) => new Promise((done) => {
  const server = net.createServer().once('error', () => done(false));
  server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
});

export async function freePorts(count) {
  const ports = [];
  while (ports.length < count) {
    candidate = candidate < HIGHEST ? candidate + 1 : LOWEST;
    const port = candidate; // who asks meanwhile moves it on
    if (await canListen(port)) ports.push(port);
  }
  return ports;
}

/** Asks `probe` until it gives something truthy; fails with `what` after `seconds`. */
export async function until(what, probe, seconds = 30) {
  const deadline = Date.now() + seconds * 1000 * SLOWNESS;
  for (let wait = 5; ; wait = Math.min(wait * 2, 100)) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(wait);
  }
}

const merge = (base, more) => {
  const out = { ...base };
  for (const [key, value] of Object.entries(more)) {
    const both = value && typeof value === 'object' && !Array.isArray(value) && out[key] && !Array.isArray(out[key]);
    out[key] = both ? merge(out[key], value) : value;
  }
  return out;
};

/** A provider entry for a FakeProvider: 1 USD in and 2 USD out a million tokens for every model. */
export const providerAt = (fake, more = {}) => ({
  kind: 'openai', base_url: fake.baseUrl, api_key: PROVIDER_KEY, models: ['gpt-4o', 'gpt-4o-mini', 'gpt-*', 'test-*', 'text-embedding-*'],
  prices: { '*': { input: '1.00', output: '2.00' } }, ...more,
});

const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });

export class Pulse {
  command = 'serve';
  /** `config` is merged into a default one; `keys` are further bootstrap keys {name: policy}. */
  static async start({ config = {}, keys = {}, folder, ready = true, command = 'serve' } = {}) {
    const pulse = new Pulse();
    pulse.command = command;
    pulse.folder = folder ?? mkdtempSync(path.join(os.tmpdir(), 'pulse-e2e-'));
    await pulse.#configure(config, keys);
    await pulse.launch({ ready });
    return pulse;
  }

  async #configure(config, keys) {
    [this.port, this.consolePort, this.metricsPort] = await freePorts(3);
    const bootstrap = [{ label: 'main', key: KEY, team: 'search', project: 'ranking', policy: {} }];
    for (const [name, policy] of Object.entries(keys)) bootstrap.push({ label: name, key: keyNamed(name), policy });
    this.config = merge({
      gateway: { listen: `127.0.0.1:${this.port}`, threads: 2, shutdown_grace: '5s' },
      console: { listen: `127.0.0.1:${this.consolePort}` },
      metrics: { listen: `127.0.0.1:${this.metricsPort}` },
      store: { url: 'sqlite:pulse.db', spool: { path: 'spool/' } },
      bootstrap: { keys: bootstrap },
    }, config);
    this.configFile = path.join(this.folder, 'pulse.yaml');
    writeFileSync(this.configFile, JSON.stringify(this.config, null, 2), { mode: 0o600 }); // JSON is YAML
  }

  get origin() { return `http://127.0.0.1:${this.port}`; }
  get baseURL() { return `${this.origin}/v1`; }
  get database() { return path.join(this.folder, 'pulse.db'); }

  async launch({ ready = true } = {}) {
    this.output = '';
    this.child = spawn(BINARY, [this.command, '--config', this.configFile], {
      cwd: this.folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { child } = this;
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.exited = once(child, 'exit');
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (text) => { this.output = (this.output + text).slice(-200_000); });
    }
    if (!ready) return;
    await until('/readyz answers 200', async () => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`pulse ended with ${this.child.exitCode ?? this.child.signalCode}:\n${this.output}`);
      }
      const answer = await fetch(`${this.origin}/readyz`).catch(() => undefined);
      return answer?.status === 200;
    }, 20);
  }

  /** The same configuration with other values, for the next launch() or a SIGHUP. */
  rewriteConfig(change) {
    this.config = merge(this.config, change);
    writeFileSync(this.configFile, JSON.stringify(this.config, null, 2));
  }

  async kill(signal = 'SIGKILL') {
    this.child.kill(signal);
    const [code, by] = await this.exited;
    return code ?? by;
  }

  /** Ends it and removes its folder; fails when it did not end cleanly. */
  async stop() {
    const running = this.child.exitCode === null && this.child.signalCode === null;
    const code = running ? await this.kill('SIGTERM') : 0;
    rmSync(this.folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`pulse ended with ${code}:\n${this.output}`);
  }

  cli(...words) {
    return spawnSync(BINARY, [...words, '--config', this.configFile], {
      cwd: this.folder, env: environment(), encoding: 'utf8', timeout: 30_000 * SLOWNESS,
    });
  }

  descriptors() { return readdirSync(`/proc/${this.child.pid}/fd`).length; }
  residentKb() { return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))[1]); }

  post(pathname, body, { key = KEY, headers = {}, signal } = {}) {
    return fetch(this.origin + pathname, {
      method: 'POST', signal,
      headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  chat(body, options) { return this.post('/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }], ...body }, options); }

  /** The ledger's word about a request; promised within 2 s of the request's end, given 20 on a busy machine. */
  async record(id, key = KEY) {
    return until(`record of ${id}`, async () => {
      const answer = await fetch(`${this.origin}/v1/pulse/requests/${id}`, { headers: { authorization: `Bearer ${key}` } });
      return answer.status === 200 ? answer.json() : undefined;
    }, 20);
  }

  async metrics() { return (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text(); }

  /** The sum of a metric's samples whose labels contain all of `labels`. */
  async metric(name, labels = {}) {
    let sum = 0;
    for (const line of (await this.metrics()).split('\n')) {
      const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
      if (match?.[1] === name && Object.entries(labels).every(([label, value]) => match[2]?.includes(`${label}="${value}"`))) {
        sum += Number(match[3]);
      }
    }
    return sum;
  }

  /** Sends bytes as they are and gives back all that comes until the other side closes or `enough(text)`. */
  async raw(bytes, { enough = () => false, seconds = 15, host = '127.0.0.1', halfClose = false } = {}) {
    const socket = net.connect({ port: this.port, host, allowHalfOpen: true });
    await once(socket, 'connect');
    socket.write(bytes);
    if (halfClose) socket.end();
    let text = '';
    let closed = false;
    socket.on('data', (part) => { text += part.toString('latin1'); });
    socket.on('end', () => { closed = true; });
    socket.on('error', () => { closed = true; });
    try {
      await until(`answer to ${JSON.stringify(String(bytes).slice(0, 80))}, got ${JSON.stringify(text.slice(0, 200))}`,
        () => closed || enough(text), seconds);
    } finally {
      socket.destroy();
    }
    return { text, closed };
  }
}

/** Nothing of the developer's environment may switch a provider on. */
function environment() {
  const { PATH, HOME, TMPDIR, ASAN_OPTIONS, UBSAN_OPTIONS, TSAN_OPTIONS } = process.env;
  const kept = { PATH, HOME, TMPDIR, ASAN_OPTIONS, UBSAN_OPTIONS, TSAN_OPTIONS };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

/** "0.000022000000" and "0.000022" are the same money. */
export function sameMoney(a, b) {
  const plain = (text) => {
    const [whole, fraction = ''] = String(text).split('.');
    return `${whole}.${fraction.replace(/0+$/, '')}`;
  };
  return /^-?\d+(\.\d+)?$/.test(a) && /^-?\d+(\.\d+)?$/.test(b) && plain(a) === plain(b);
}
