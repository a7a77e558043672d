// A policy store that stands still for half a minute under 1000 requests a second over three gateways. `closed`: refused at once, with
// the time to come again; `lease`: what gateways were allotted is spent, and never more than the limit. It is served again soon after.
//   PULSE_BENCH_PROGRAMS: the folder of the load generator and the provider (build/bench)   PULSE_FROZEN_SECONDS: 30   PULSE_FROZEN_RATE: 1000
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Gateways, picoOf } from '../gateways.mjs';
import { until } from '../pulse_process.mjs';
import { WITHOUT_POSTGRES } from '../postgres_server.mjs';
import { RedisServer, WITHOUT_REDIS } from '../redis_server.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const PROGRAMS = path.resolve(process.env.PULSE_BENCH_PROGRAMS ?? path.join(ROOT, 'build/bench'));
const WITHOUT_PROGRAMS = ['pulse_bench_loadgen', 'pulse_bench_upstream'].every((name) => existsSync(path.join(PROGRAMS, name)))
  ? undefined : `${PROGRAMS} has no pulse_bench_loadgen and pulse_bench_upstream`;
const SECONDS = Number(process.env.PULSE_FROZEN_SECONDS ?? 30);
const RATE = Number(process.env.PULSE_FROZEN_RATE ?? 1000);
const GATEWAYS = 3;
const BACK_WITHIN_MS = 2000;
const MODEL = 'gpt-4o-mini';
const USD = 1_000_000_000_000n;
const money = (pico) => `${pico / USD}.${String(pico % USD).padStart(12, '0')}`;

/** `rate` calls a second for so long, whatever the answers do; the generator's figures. */
function load(gateway, key, rate, seconds) {
  const words = ['--port', gateway.port, '--key', key, '--model', MODEL, '--rate', rate, '--requests', rate * seconds, '--connections', 32, '--timeout', 60];
  const child = spawn(path.join(PROGRAMS, 'pulse_bench_loadgen'), words.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((done, failed) => {
    let text = '';
    child.stdout.on('data', (more) => { text += more; });
    child.once('error', failed);
    child.once('close', () => { try { done(JSON.parse(text)); } catch { failed(new Error(`the load generator said: ${text}`)); } });
  });
}

describe(`a policy store that is frozen for ${SECONDS} s, ${RATE} requests/s`, {
  skip: WITHOUT_POSTGRES ?? WITHOUT_REDIS ?? WITHOUT_PROGRAMS ?? false,
}, () => {
  let upstream;
  let redis;
  let gateways;
  let cost;

  before(async () => {
    upstream = spawn(path.join(PROGRAMS, 'pulse_bench_upstream'), [], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise((done) => { upstream.stdout.once('data', (text) => done(/\d+/.exec(text)[0])); });
    redis = await RedisServer.start();
    gateways = await Gateways.start({
      count: GATEWAYS, store: redis.url, provider: { baseUrl: `http://127.0.0.1:${port}/v1` }, keys: { probe: { policy: {} } },
    });
    const answer = await gateways.call(gateways.list[0], 'probe', { model: MODEL });
    cost = picoOf(answer.headers.get('x-pulse-cost'));
    assert.ok(cost > 0n);
  });
  after(async () => {
    redis?.thaw();
    await gateways?.stop();
    await redis?.stop();
    upstream?.kill();
  });

  const everywhere = async (key, seconds) => {
    const figures = await Promise.all(gateways.list.map((gateway) => load(gateway, key, Math.ceil(RATE / GATEWAYS), seconds)));
    return Object.fromEntries(['answered', 'wrong', 'cut'].map((name) => [name, figures.reduce((sum, one) => sum + one[name], 0)]));
  };
  /** How many admissions there were, and how many of them took longer than 10 and 250 ms. */
  const waitedLonger = async () => {
    const sums = { all: 0, longer: 0, muchLonger: 0 };
    for (const gateway of gateways.list) {
      const page = await gateway.metrics(); // one page: its numbers are of one moment
      const number = (pattern) => Number(pattern.exec(page)[1]);
      const all = number(/^pulse_policy_latency_seconds_count\{.*\} (\d+)/m);
      sums.all += all;
      sums.longer += all - number(/^pulse_policy_latency_seconds_bucket\{.*le="0\.01".*\} (\d+)/m);
      sums.muchLonger += all - number(/^pulse_policy_latency_seconds_bucket\{.*le="0\.25".*\} (\d+)/m);
    }
    return sums;
  };

  /** A new key; its budget pays for so many calls. */
  function makeKey(mode, calls) {
    const policy = { on_store_failure: mode, clamp: false, budgets: [{ period: 'total', limit: money(cost * BigInt(calls)) }] };
    const done = gateways.list[0].cli('keys', 'create', '--label', `${mode} ${calls}`, '--policy', JSON.stringify(policy), '--json');
    assert.equal(done.status, 0, done.stderr);
    const { id, key } = JSON.parse(done.stdout);
    return { id, key, limit: cost * BigInt(calls) };
  }

  /** Some calls a second beside the load, each with its status, its time and what it says. */
  function watch(key) {
    const calls = [];
    let isOver = false;
    const watching = Promise.all(gateways.list.map(async (gateway, at) => {
      while (!isOver) {
        const begun = performance.now();
        const answer = await gateway.chat({ model: MODEL, max_tokens: 256 }, { key });
        const text = await answer.text();
        calls.push({ at, begun, ended: performance.now(), status: answer.status, retryAfter: answer.headers.get('retry-after'), text });
        await pause(20);
      }
    }));
    return { calls, stop: async () => { isOver = true; await watching; } };
  }

  async function freeze(test, { mode, calls }) {
    const made = makeKey(mode, calls);
    await until('the key is known', async () => {
      const answers = await Promise.all(gateways.list.map((gateway) => gateway.chat({ model: MODEL }, { key: made.key })));
      return (await Promise.all(answers.map(async (answer) => { await answer.text(); return answer.status; }))).every((status) => status === 200);
    });
    const quiet = await everywhere(made.key, mode === 'lease' ? 35 : 5); // an allotment goes by recent use
    const watched = watch(made.key);
    await pause(500);

    const before = await waitedLonger();
    redis.freeze();
    const frozenAt = performance.now();
    const frozen = await everywhere(made.key, SECONDS);
    const during = await waitedLonger();
    const thawedAt = performance.now();
    redis.thaw();
    const firstAfter = (at) => watched.calls.find((call) => call.at === at && call.begun > thawedAt && call.status !== 503);
    await until('all serve again', () => gateways.list.every((_, at) => firstAfter(at)), 20);
    const back = Math.max(...gateways.list.map((_, at) => firstAfter(at).ended - thawedAt));
    await watched.stop();

    const inside = watched.calls.filter((call) => call.begun > frozenAt && call.ended < thawedAt);
    const late = inside.filter((call) => call.begun > frozenAt + 2000);
    const slowest = (list) => Math.max(0, ...list.map((call) => call.ended - call.begun)).toFixed(0);
    await gateways.written();
    const spent = picoOf(gateways.postgres.ask(`SELECT COALESCE(SUM(cost), 0)::text FROM ai_request_log WHERE key_id = '${made.id}'`)[0]);
    test.diagnostic(`before: ${JSON.stringify(quiet)}; frozen: ${JSON.stringify(frozen)}, of ${during.all - before.all} admissions ` +
      `${during.longer - before.longer} waited more than 10 ms, ${during.muchLonger - before.muchLonger} more than 250; ` +
      `watched ${inside.length} calls, the slowest took ${slowest(inside)} ms, ` +
      `${slowest(late)} ms after 2 s; all served again ${back.toFixed(0)} ms after; spent ${money(spent)} of ${money(made.limit)} USD`);
    return { made, quiet, frozen, inside, back, spent, waited: during.longer - before.longer, waitedLong: during.muchLonger - before.muchLonger,
      admissions: during.all - before.all };
  }

  it('`closed`: 503 with Retry-After at once, and served again within 2 s', async (test) => {
    const seen = await freeze(test, { mode: 'closed', calls: 1000 * RATE * SECONDS });

    assert.deepEqual([seen.quiet.wrong, seen.quiet.cut], [0, 0]);
    assert.deepEqual([seen.frozen.answered, seen.frozen.cut], [0, 0]);
    assert.ok(seen.inside.length > SECONDS, 'calls were watched');
    for (const call of seen.inside) {
      assert.equal(call.status, 503, call.text);
      assert.equal(call.retryAfter, '1');
      assert.match(call.text, /policy_unavailable/);
    }
    // Those of a quarter of a second at most, until each gateway has noticed; then nobody waits.
    assert.ok(seen.waited < RATE / 4, `${seen.waited} of ${seen.admissions} calls waited`);
    assert.equal(seen.waitedLong, 0, 'a call has 50 ms for its verdict');
    assert.ok(seen.back <= BACK_WITHIN_MS, `served again after ${seen.back} ms`);
  });

  it('`lease` with a limit of ten times the demand: most calls are served', async (test) => {
    const seen = await freeze(test, { mode: 'lease', calls: 10 * RATE * SECONDS });

    const served = seen.frozen.answered / (seen.frozen.answered + seen.frozen.wrong);
    test.diagnostic(`${(100 * served).toFixed(1)} % served`);
    assert.ok(served >= 0.7, `${served} of the calls were served`);
    assert.equal(seen.frozen.cut, 0);
    assert.ok(seen.spent <= seen.made.limit);
    for (const call of seen.inside.filter((one) => one.status !== 200)) assert.equal(`${call.status} ${call.retryAfter}`, '503 1');
    assert.ok(seen.back <= BACK_WITHIN_MS, `served again after ${seen.back} ms`);
  });

  it('`lease` with a limit that the outage would pass: never more than the limit', async (test) => {
    // 35 s of warming up and a third of the outage.
    const seen = await freeze(test, { mode: 'lease', calls: Math.floor(RATE * (36 + SECONDS / 3)) });

    assert.ok(seen.spent <= seen.made.limit, `${seen.spent} spent of ${seen.made.limit}`);
    assert.equal(seen.frozen.cut, 0);
    for (const call of seen.inside) assert.ok([200, 429, 503].includes(call.status), `${call.status} ${call.text}`);
  });
});
