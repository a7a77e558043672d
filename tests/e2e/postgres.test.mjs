// Pulse on a real PostgreSQL: rows, keys and prices are there; the server may be shut down, crash or freeze, and the gateway
// may die meanwhile: callers notice nothing, every whole answer has exactly one row.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { FakeProvider, answerNormally } from './fake_provider.mjs';
import { KEY, keyNamed, providerAt, Pulse, SLOWNESS, until } from './pulse_process.mjs';
import { PostgresServer, WITHOUT_POSTGRES } from './postgres_server.mjs';

const CALLERS = 16;
let provider;
let postgres;
let pulse;

/** Calls until told to stop; what was seen whole, and how long each took. */
class Load {
  ids = [];
  milliseconds = [];
  failures = [];
  #stopping = false;
  constructor(gateway, callers = CALLERS) {
    this.gateway = gateway;
    this.done = Promise.all(Array.from({ length: callers }, () => this.#call()));
  }
  async #call() {
    while (!this.#stopping) {
      const begun = performance.now();
      try {
        const answer = await this.gateway.chat({ model: 'test-buffered' });
        const text = await answer.text();
        if (answer.status === 200) this.ids.push(answer.headers.get('x-pulse-request-id'));
        else this.failures.push(`${answer.status} ${text}`);
      } catch (error) {
        this.failures.push(String(error.cause ?? error));
        if (this.gateway.child.exitCode !== null || this.gateway.child.signalCode !== null) return;
      }
      this.milliseconds.push(performance.now() - begun);
    }
  }
  async answers(count) {
    const enough = this.ids.length + count;
    await until(`${count} answers`, () => this.ids.length >= enough || this.failures.length > 100, 60);
    assert.ok(this.ids.length >= enough, `calls fail: ${this.failures.slice(0, 3)}`);
  }
  async stop() {
    this.#stopping = true;
    await this.done;
    return this;
  }
  p99() {
    const sorted = [...this.milliseconds].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)]?.toFixed(1);
  }
}

/** Every id has its row, its attempt and its cost event, each once, and the rollups say the same. */
async function hasExactly(ids) {
  let missing = ids;
  let stored = [];
  await until(`rows of ${ids.length} answers`, async () => {
    stored = postgres.ask('SELECT id::text FROM ai_request_log');
    const known = new Set(stored);
    missing = ids.filter((id) => !known.has(id));
    if (missing.length > 0) await pause(300);
    return missing.length === 0;
  }, 60).catch(() => {});
  assert.deepEqual(missing.slice(0, 10), [], `${missing.length} rows are missing`);
  assert.equal(new Set(stored).size, stored.length);
  assert.deepEqual(
    postgres.ask(`SELECT (SELECT count(*) = count(DISTINCT (request_id, attempt)) FROM ai_request_attempt),
                         (SELECT count(*) = count(DISTINCT id) FROM cost_event),
                         (SELECT coalesce(sum(amount), 0) FROM cost_event) = (SELECT coalesce(sum(amount), 0) FROM cost_rollup_hour),
                         (SELECT coalesce(sum(amount), 0) FROM cost_event) = (SELECT coalesce(sum(amount), 0) FROM cost_rollup_day),
                         (SELECT count(*) FROM ai_request_log) = (SELECT coalesce(sum(requests), 0) FROM request_rollup_hour),
                         (SELECT coalesce(sum(cost), 0) FROM ai_request_log) = (SELECT coalesce(sum(cost), 0) FROM request_rollup_day)`),
    ['t|t|t|t|t|t']);
}

describe('Pulse on PostgreSQL', { skip: WITHOUT_POSTGRES }, () => {
  before(async () => {
    provider = await new FakeProvider().start();
    provider.on('test-buffered', answerNormally);
    postgres = await PostgresServer.start();
    pulse = await Pulse.start({
      config: { store: { url: postgres.url }, providers: { fake: providerAt(provider) } },
      keys: { limited: { requests_per_minute: 1_000_000, budgets: [{ period: 'month', limit: '1000.00', currency: 'USD' }] } },
    });
  });
  after(async () => {
    await pulse?.kill('SIGKILL').catch(() => {});
    await postgres?.stop();
    await provider?.stop();
  });
  beforeEach(() => assert.equal(pulse.child.exitCode, null, pulse.output));

  it('a call has its rows, under the id that the caller was told', async () => {
    const answer = await pulse.chat({ model: 'test-buffered' });
    const id = answer.headers.get('x-pulse-request-id');
    assert.equal(answer.status, 200, await answer.text());
    const record = await pulse.record(id);

    const [row] = postgres.ask(`SELECT status, outcome, usage_source, cost, team FROM ai_request_log WHERE id::text = '${id}'`);
    assert.equal(row.split('|')[0], '200');
    assert.equal(row.split('|')[4], 'search');
    assert.equal(Number(row.split('|')[3]), Number(record.cost));
    assert.deepEqual(postgres.ask(`SELECT count(*) FROM cost_event WHERE request_id = '${id}'`), ['1']);
    assert.deepEqual(postgres.ask(`SELECT count(*) FROM ai_request_attempt WHERE request_id = '${id}'`), ['1']);
  });

  it('a key that a command makes works within a second, and one that it revokes does not', async () => {
    const made = pulse.cli('keys', 'create', '--label', 'by-hand', '--json');
    assert.equal(made.status, 0, made.stderr);
    const { id, key } = JSON.parse(made.stdout);
    await until('the key works', async () => (await pulse.chat({ model: 'test-buffered' }, { key })).status === 200, 5);
    assert.equal(pulse.cli('keys', 'revoke', id).status, 0);
    await until('the key is refused', async () => (await pulse.chat({ model: 'test-buffered' }, { key })).status === 401, 5);
  });

  it('its spending is there after a restart', async () => {
    const spent = async () => (await (await fetch(`${pulse.origin}/v1/pulse/key`, { headers: { authorization: `Bearer ${keyNamed('limited')}` } })).json()).budgets[0].spent;
    for (let n = 0; n < 5; ++n) assert.equal((await pulse.chat({ model: 'test-buffered' }, { key: keyNamed('limited') })).status, 200);
    const before = await spent();
    assert.notEqual(Number(before), 0);
    assert.equal(await pulse.kill('SIGTERM'), 0);
    await pulse.launch();
    assert.equal(await spent(), before);
  });

  const outages = {
    'is shut down and comes back': [() => postgres.shutDown(), () => postgres.launch()],
    'crashes and comes back': [() => postgres.crash(), () => postgres.launch()],
    'stands still and goes on': [async () => postgres.freeze(), async () => postgres.thaw()],
  };
  for (const [what, [begin, end]] of Object.entries(outages)) {
    it(`callers notice nothing when the server ${what}`, async (test) => {
      const quiet = new Load(pulse);
      await quiet.answers(1000 / SLOWNESS);
      await quiet.stop();
      const memory = pulse.residentKb();

      await begin();
      const during = new Load(pulse);
      await during.answers(4000 / SLOWNESS);
      await during.stop();
      const grown = pulse.residentKb() - memory;
      await end();
      const begun = performance.now();
      await hasExactly([...quiet.ids, ...during.ids]);

      test.diagnostic(`p99 ${quiet.p99()} ms before, ${during.p99()} ms during; ${during.ids.length} answers meanwhile, written ${((performance.now() - begun) / 1000).toFixed(1)} s after; memory +${grown} KiB`);
      assert.deepEqual([...quiet.failures, ...during.failures], []);
      assert.ok(grown < 50 * 1024, `memory grew by ${grown} KiB`);
    });
  }

  it('kill -9 while the server is away, and a start without it: 503 until it is there, then everything is', async () => {
    const load = new Load(pulse);
    await load.answers(500 / SLOWNESS);
    await postgres.shutDown();
    await load.answers(500 / SLOWNESS);
    await pulse.kill('SIGKILL');
    await load.stop();
    await pulse.launch({ ready: false });

    const refused = await until('it answers that it is not ready', () => pulse.chat({ model: 'test-buffered' }).catch(() => undefined), 30);
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal((await refused.json()).error.code, 'policy_unavailable');
    const anthropic = await pulse.post('/v1/messages', { model: 'x', max_tokens: 1, messages: [] }, { headers: { 'anthropic-version': '2023-06-01' } });
    assert.equal((await anthropic.json()).type, 'error');
    assert.equal((await fetch(`${pulse.origin}/livez`)).status, 200);
    assert.equal((await fetch(`${pulse.origin}/readyz`)).status, 503);

    await postgres.launch();
    await until('it serves', async () => (await pulse.chat({ model: 'test-buffered' }).catch(() => undefined))?.status === 200, 30);
    await hasExactly(load.ids);
  });

  it('SIGTERM with rows that nobody takes: they wait for the next start', async (test) => {
    postgres.freeze();
    const load = new Load(pulse);
    await load.answers(10_000 / SLOWNESS);
    await load.stop();
    const begun = performance.now();
    const code = await pulse.kill('SIGTERM');
    test.diagnostic(`ended after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    assert.equal(code, 0, pulse.output);
    postgres.thaw();
    await pulse.launch();
    await hasExactly(load.ids);
    assert.deepEqual(load.failures, []);
  });

  it('kill -9 under load, five times', async (test) => {
    const ids = [];
    for (let kill = 0; kill < 5; ++kill) {
      const load = new Load(pulse, 24);
      await load.answers(500 / SLOWNESS);
      await pulse.kill('SIGKILL');
      await load.stop();
      ids.push(...load.ids);
      await pulse.launch();
    }
    test.diagnostic(`${ids.length} whole answers`);
    await hasExactly(ids);
  });

  it('a backup gives back what was there', async () => {
    const made = pulse.cli('backup', '--json');
    assert.equal(made.status, 0, made.stderr);
    const { file } = JSON.parse(made.stdout);
    const rows = Number(postgres.ask('SELECT count(*) FROM ai_request_log')[0]);
    const running = pulse.cli('restore', file, '--replace');
    assert.equal(running.status, 2, running.stdout + running.stderr);
    assert.match(running.stderr, /runs|running/);
    assert.equal(await pulse.kill('SIGTERM'), 0);
    postgres.ask("DELETE FROM ai_request_attempt WHERE true; DELETE FROM ai_request_log WHERE true");

    const kept = pulse.cli('restore', file);
    assert.equal(kept.status, 2, 'it has keys: only with --replace');
    const restored = pulse.cli('restore', file, '--replace');
    assert.equal(restored.status, 0, restored.stderr);

    assert.equal(Number(postgres.ask('SELECT count(*) FROM ai_request_log')[0]), rows);
    await pulse.launch();
    assert.equal((await pulse.chat({ model: 'test-buffered' }, { key: KEY })).status, 200);
  });
});
