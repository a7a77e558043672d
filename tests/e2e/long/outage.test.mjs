// A minute without the database under 1000 requests a second: callers' latency, memory, and how long the ledger takes to catch up
// while the load goes on. The load generator and the provider are those of bench/, for Node's own would be what is measured.
//   PULSE_BENCH_PROGRAMS: the folder they are in (build/bench)   PULSE_OUTAGE_SECONDS: 60   PULSE_OUTAGE_RATE: 1000
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { PostgresServer, WITHOUT_POSTGRES } from '../postgres_server.mjs';
import { KEY, providerAt, Pulse, until } from '../pulse_process.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const PROGRAMS = path.resolve(process.env.PULSE_BENCH_PROGRAMS ?? path.join(ROOT, 'build/bench'));
const WITHOUT_PROGRAMS = ['pulse_bench_loadgen', 'pulse_bench_upstream'].every((name) => existsSync(path.join(PROGRAMS, name)))
  ? undefined : `${PROGRAMS} has no pulse_bench_loadgen and pulse_bench_upstream`;
const SECONDS = Number(process.env.PULSE_OUTAGE_SECONDS ?? 60);
const RATE = Number(process.env.PULSE_OUTAGE_RATE ?? 1000);
const CATCH_UP_SECONDS = 30;
const MEMORY_KB = 50 * 1024;

/** Asks `rate` times a second for so long; resolves to the generator's figures. */
function load(pulse, seconds) {
  const words = ['--port', pulse.port, '--key', KEY, '--rate', RATE, '--requests', RATE * seconds, '--connections', 64, '--timeout', 60];
  const child = spawn(path.join(PROGRAMS, 'pulse_bench_loadgen'), words.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((done, failed) => {
    let text = '';
    child.stdout.on('data', (more) => { text += more; });
    child.once('error', failed);
    child.once('close', () => { try { done(JSON.parse(text)); } catch { failed(new Error(`the load generator said: ${text}`)); } });
  });
}

/** The most memory that the process has until stop(). */
function watchMemory(pulse) {
  let most = pulse.residentKb();
  const timer = setInterval(() => { most = Math.max(most, pulse.residentKb()); }, 250);
  return { stop: () => { clearInterval(timer); return most; } };
}

const shown = (figures) => `p50 ${(figures.p50_ns / 1e6).toFixed(2)} p99 ${(figures.p99_ns / 1e6).toFixed(1)} max ${(figures.max_ns / 1e6).toFixed(0)} ms`;

async function outage(test, pulse, takeAway, counts) {
  await load(pulse, 5); // connections, caches
  const quiet = await load(pulse, 20);
  const resident = pulse.residentKb();
  const memory = watchMemory(pulse);

  const giveBack = await takeAway();
  const away = await load(pulse, SECONDS);
  const waiting = await pulse.metric('pulse_spool_records');
  await giveBack();
  const begun = performance.now();
  const later = load(pulse, CATCH_UP_SECONDS);
  let caughtUp;
  for (; caughtUp === undefined && performance.now() - begun < 4 * CATCH_UP_SECONDS * 1000; await pause(100)) {
    // What is there of the last half second is no backlog: a request is two records, its admission and its row.
    if (await pulse.metric('pulse_spool_records') < RATE) caughtUp = (performance.now() - begun) / 1000;
  }
  const back = await later;
  const grown = memory.stop() - resident;
  await until('all rows are written', async () => await pulse.metric('pulse_spool_records') === 0, 60);

  const answered = RATE * (5 + 20 + SECONDS + CATCH_UP_SECONDS);
  test.diagnostic(`before: ${shown(quiet)}; during ${SECONDS} s: ${shown(away)}; after: ${shown(back)}`);
  test.diagnostic(`${waiting} records waited, caught up ${caughtUp?.toFixed(1)} s after; memory +${(grown / 1024).toFixed(1)} MiB`);
  for (const figures of [quiet, away, back]) {
    assert.deepEqual([figures.wrong, figures.cut], [0, 0]);
  }
  assert.ok(waiting > RATE * SECONDS * 0.9, 'the database took nothing meanwhile');
  assert.deepEqual(await counts(), { requests: answered, attempts: answered, events: answered });
  assert.ok(grown < MEMORY_KB, `memory grew by ${grown} KiB`);
  assert.ok(caughtUp <= CATCH_UP_SECONDS, `caught up after ${caughtUp} s`);
  // Who waits for the database waits for seconds; what a busy machine does to p99 is less.
  assert.ok(away.p99_ns < 2 * quiet.p99_ns + 50e6, 'callers wait for the database');
}

describe(`${SECONDS} s without the database, ${RATE} requests/s`, { skip: WITHOUT_PROGRAMS }, () => {
  let provider;
  let config;
  before(async () => {
    const child = spawn(path.join(PROGRAMS, 'pulse_bench_upstream'), [], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise((done) => { child.stdout.once('data', (text) => done(/\d+/.exec(text)[0])); });
    provider = child;
    config = { providers: { fake: providerAt({ baseUrl: `http://127.0.0.1:${port}/v1` }) } };
  });
  after(() => provider?.kill());

  const withPulse = (url, work) => async (test) => {
    const pulse = await Pulse.start({ config: { ...config, ...(url ? { store: { url: url() } } : {}) } });
    try {
      await work(test, pulse);
    } finally {
      if (pulse.child.exitCode === null) await pulse.stop();
    }
  };

  describe('PostgreSQL', { skip: WITHOUT_POSTGRES }, () => {
    let postgres;
    before(async () => { postgres = await PostgresServer.start(); });
    after(() => postgres?.stop());
    const url = () => postgres.url;
    /** Of one test each; distinct, so that nothing is there twice. */
    const counts = () => {
      const [row] = postgres.ask(`SELECT (SELECT count(DISTINCT id) FROM ai_request_log), (SELECT count(*) FROM ai_request_log),
        (SELECT count(*) FROM ai_request_attempt), (SELECT count(*) FROM cost_event), (SELECT sum(events) FROM cost_source_day)`);
      const [ids, requests, attempts, events, summed] = row.split('|').map(Number);
      assert.equal(ids, requests, 'a request has one row');
      assert.equal(summed, events, 'the rollups have each event once');
      postgres.ask(`TRUNCATE ai_request_log, ai_request_attempt, cost_event, cost_rollup_hour, cost_rollup_day, request_rollup_hour,
        request_rollup_day, cost_model_hour, cost_model_day, cost_project_hour, cost_project_day, cost_team_hour, cost_team_day,
        cost_source_hour, cost_source_day`);
      return { requests, attempts, events };
    };
    it('is shut down and comes back', withPulse(url, (test, pulse) => outage(test, pulse, async () => {
      await postgres.shutDown();
      return () => postgres.launch();
    }, counts)));
    it('stands still and goes on', withPulse(url, (test, pulse) => outage(test, pulse, async () => {
      postgres.freeze();
      return async () => postgres.thaw();
    }, counts)));
  });

  it('SQLite is locked by another program', withPulse(undefined, (test, pulse) => outage(test, pulse, async () => {
    const other = new DatabaseSync(pulse.database);
    other.exec('pragma busy_timeout = 10000; begin immediate');
    return async () => { other.exec('rollback'); other.close(); };
  }, () => {
    const database = new DatabaseSync(pulse.database, { readOnly: true });
    const counted = database.prepare(`select (select count(*) from ai_request_log) as requests,
      (select count(*) from ai_request_attempt) as attempts, (select count(*) from cost_event) as events`).get();
    const summed = database.prepare('select sum(events) as events from cost_source_day').get().events;
    database.close();
    assert.equal(summed, counted.events, 'the rollups have each event once');
    return { ...counted };
  })));
});
