// Limits that are counted in a gateway's own memory allow one gateway a database: a second one refuses to start and says what
// to set; whatever dies or breaks, nothing is refused for long and no two count beside each other in silence.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { mkdtempSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { FakeProvider, answerNormally } from './fake_provider.mjs';
import { providerAt, Pulse, until } from './pulse_process.mjs';
import { PostgresServer, WITHOUT_POSTGRES } from './postgres_server.mjs';

const SESSION = "application_name LIKE 'pulse gateway %'";
const HOLDER = `SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND ${SESSION}`;

let provider;
before(async () => { provider = await new FakeProvider().start(); provider.on('test-buffered', answerNormally); });
after(() => provider?.stop());

const start = (url, more = {}) => Pulse.start({
  ...more, config: { gateway: { threads: 1 }, providers: { fake: providerAt(provider) }, store: { url, ...more.store } },
});
const serves = async (gateway) => assert.equal((await gateway.chat({ model: 'test-buffered' })).status, 200);

/** Starts one that must not: what it said at its end. */
async function refusal(url, more) {
  const second = await start(url, { ...more, ready: false });
  const [code] = await second.exited;
  assert.notEqual(code, 0);
  assert.match(second.output, /policy\.store/);
  assert.match(second.output, /redis:\/\//);
  await second.stop();
  return second.output;
}

/** Between a gateway and PostgreSQL: cuts the gateway's side and leaves the server in the belief that all is well. */
class Relay {
  #sockets = new Set();
  #left = new Set();
  async start(port) {
    this.server = net.createServer((near) => {
      const far = net.connect(port, '127.0.0.1');
      this.#sockets.add(near);
      this.#left.add(far);
      near.pipe(far, { end: false });
      far.pipe(near, { end: false });
      far.on('close', () => { this.#left.delete(far); near.destroy(); });
      far.on('error', () => {});
      near.on('error', () => {});
      near.on('close', () => { this.#sockets.delete(near); if (!this.isCutting) far.destroy(); });
    });
    await new Promise((done) => { this.server.listen(0, '127.0.0.1', done); });
    this.port = this.server.address().port;
    return this;
  }
  cut() {
    this.isCutting = true;
    for (const near of this.#sockets) near.destroy();
  }
  stop() {
    for (const socket of [...this.#sockets, ...this.#left]) socket.destroy();
    this.server.close();
  }
}

describe('gateways that count in their own memory, on one PostgreSQL', { skip: WITHOUT_POSTGRES ?? false }, () => {
  let postgres;
  before(async () => { postgres = await PostgresServer.start(); });
  after(() => postgres?.stop());

  const holder = () => postgres.ask(HOLDER)[0];
  const holderOtherThan = (pid) => until('the lock is held by a new session', () => {
    const now = holder();
    return now !== undefined && now !== pid ? now : undefined;
  }, 60);

  it('refuses the second and serves on in the first', async () => {
    const first = await start(postgres.url);
    const said = await refusal(postgres.url);
    assert.match(said, /`pulse gateway /);
    await serves(first);
    await first.stop();
  });

  it('lets the next one in at once, after a stop and after a kill', async () => {
    for (const end of ['stop', 'kill']) {
      const first = await start(postgres.url);
      await first[end]();
      const next = await start(postgres.url);
      await serves(next);
      await next.stop();
    }
  });

  it('claims it again when the session was ended or the server was down', async () => {
    const first = await start(postgres.url);
    const before = holder();
    postgres.ask(`SELECT pg_terminate_backend(${before})`);
    const again = await holderOtherThan(before);
    await postgres.end('SIGINT');
    await postgres.launch();
    await holderOtherThan(again);
    await refusal(postgres.url);
    await serves(first);
    await first.stop();
  });

  it('takes it from its own session that the server has not given up', async () => {
    const relay = await new Relay().start(postgres.port);
    const first = await start(postgres.url.replace(`:${postgres.port}/`, `:${relay.port}/`));
    const before = holder();
    relay.cut();
    assert.equal(holder(), before);
    await holderOtherThan(before);
    await serves(first);
    assert.doesNotMatch(first.output, /budgets can be overspent/);
    await first.stop();
    relay.stop();
  });

  it('says so loudly, and serves on, when another one took it meanwhile', async () => {
    const first = await start(postgres.url);
    const lock = postgres.ask(`SELECT classid || ',' || objid FROM pg_locks WHERE locktype = 'advisory' AND pid = ${holder()}`)[0];
    const other = spawn('psql', [postgres.url, '-X', '-A', '-t'], { stdio: ['pipe', 'ignore', 'ignore'] });
    other.stdin.write(`SELECT pg_advisory_lock(${lock});\n`);
    await until('the other waits for the lock', () => postgres.ask("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")[0]);
    postgres.ask(`SELECT pg_terminate_backend(${holder()})`);
    await until('the gateway says that another one counts', () => /budgets can be overspent/.test(first.output), 60);
    await serves(first);
    other.kill();
    await until('the gateway holds it again', () => /the other gateway on this database is gone/.test(first.output), 60);
    await refusal(postgres.url);
    await first.stop();
  });
});

describe('gateways that count in their own memory, on one SQLite', () => {
  it('refuses the second, also with a spool of its own', async () => {
    const url = `sqlite:${path.join(mkdtempSync(path.join(os.tmpdir(), 'pulse-e2e-')), 'shared.db')}`;
    const first = await start(url);
    await refusal(url);
    await serves(first);
    await first.kill();
    const next = await start(url);
    await serves(next);
    await next.stop();
  });
});
