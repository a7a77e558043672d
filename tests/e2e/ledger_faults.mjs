// Faults of the ledger's path, for whichever store: what must hold is that nothing acknowledged is lost, nothing is there twice,
// callers do not wait for the database, and all recovers by itself.
//
// A store is { name, url, takeAway(pulse), rows(pulse) }: `url` goes into store.url; takeAway() makes the database take nothing
// and resolves to a function that gives it back; rows() resolves to [{ id, error_code, attempts, events }] of all requests.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { FakeProvider, answerNormally } from './fake_provider.mjs';
import { providerAt, Pulse, SLOWNESS, until } from './pulse_process.mjs';

const MODEL = 'test-buffered';
const HEAD_BYTES = 64;

/** Calls until `enough` answers were seen whole or `isOver()`; their ids. Refusals are counted by status. */
async function load(pulse, { callers = 16, enough = Infinity, isOver = () => false, headers } = {}) {
  const seen = { whole: [], refused: new Map(), retryAfter: [], slowest: 0 };
  const one = async () => {
    while (seen.whole.length < enough && !isOver()) {
      try {
        const begun = performance.now();
        const answer = await pulse.chat({ model: MODEL }, { headers });
        const text = await answer.text();
        if (answer.status === 200) {
          seen.whole.push(answer.headers.get('x-pulse-request-id'));
          seen.slowest = Math.max(seen.slowest, performance.now() - begun);
        } else {
          seen.refused.set(answer.status, (seen.refused.get(answer.status) ?? 0) + 1);
          seen.retryAfter.push(answer.headers.get('retry-after'));
          assert.match(text, /ledger cannot take/);
          await new Promise((done) => setTimeout(done, 20));
        }
      } catch (error) {
        if (error.code === 'ERR_ASSERTION') throw error;
        return; // the process is gone
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, one));
  return seen;
}

/** Each acknowledged request has one row with its attempt and its event, and no row is there twice. */
async function check(store, pulse, whole) {
  const rows = await store.rows(pulse);
  const byId = new Map(rows.map((row) => [row.id, row]));
  assert.equal(byId.size, rows.length, 'a request has one row');
  const lost = whole.filter((id) => !byId.has(id));
  assert.deepEqual(lost.slice(0, 5), [], `${lost.length} of ${whole.length} acknowledged rows are lost`);
  const odd = whole.filter((id) => byId.get(id).attempts !== 1 || byId.get(id).events !== 1);
  assert.deepEqual(odd.slice(0, 5), [], 'one attempt and one cost event each');
  assert.deepEqual(whole.filter((id) => byId.get(id).error_code === 'gateway_died').slice(0, 5), []);
  return rows;
}

const caughtUp = (pulse) => until('the ledger has caught up', async () => await pulse.metric('pulse_spool_records') === 0, 30);

/** The records of the spool: [{ file, at, size }] of each frame, in order. */
function frames(folder) {
  const found = [];
  for (const name of readdirSync(path.join(folder, 'spool')).filter((one) => one.endsWith('.segment')).sort()) {
    const file = path.join(folder, 'spool', name);
    const bytes = readFileSync(file);
    for (let at = HEAD_BYTES; at + 8 <= bytes.length;) {
      const size = bytes.readUInt32LE(at);
      if (size === 0) break;
      found.push({ file, at, size, kind: bytes[at + 8] });
      at += (8 + size + 7) & ~7;
    }
  }
  return found;
}

function overwrite(file, at, byte) {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.from([byte]), 0, 1, at);
  closeSync(handle);
}

export function ledgerFaults(store) {
  describe(`the ledger's path, ${store.name}`, () => {
    let provider;
    before(async () => {
      provider = await new FakeProvider().start();
      provider.on(MODEL, answerNormally);
    });
    after(() => provider?.stop());

    const start = (config = {}) => Pulse.start({
      config: { providers: { fake: providerAt(provider) }, store: { url: store.url, ...config } },
    });
    const withPulse = (config, work) => async (test) => {
      const pulse = await start(config);
      try {
        await work(pulse, test);
      } finally {
        if (pulse.child.exitCode === null && pulse.child.signalCode === null) await pulse.kill('SIGKILL');
        rmSync(pulse.folder, { recursive: true, force: true });
      }
    };

    it('kill -9 under load, five times', withPulse({}, async (pulse) => {
      const whole = [];
      for (let kill = 0; kill < 5; ++kill) {
        let dead = false;
        const seen = load(pulse, { isOver: () => dead });
        await new Promise((done) => setTimeout(done, 700 * SLOWNESS + 100 * kill));
        await pulse.kill('SIGKILL');
        dead = true;
        whole.push(...(await seen).whole);
        await pulse.launch();
      }
      await caughtUp(pulse);
      assert.ok(whole.length > 200);
      await check(store, pulse, whole);
    }));

    it('the database is away: answers keep coming, and it catches up within 30 s', withPulse({}, async (pulse, test) => {
      const quiet = await load(pulse, { enough: 300 / SLOWNESS });
      const giveBack = await store.takeAway(pulse);
      const away = await load(pulse, { enough: 2000 / SLOWNESS });
      await until('the gateway says so', async () => await pulse.metric('pulse_ledger_up') === 0);
      await giveBack();
      await caughtUp(pulse);
      test.diagnostic(`slowest answer ${quiet.slowest.toFixed(0)} ms before and ${away.slowest.toFixed(0)} ms while it was away`);
      assert.equal(away.refused.size, 0);
      await check(store, pulse, [...quiet.whole, ...away.whole]);
    }));

    it('kill -9 while the database is away', withPulse({}, async (pulse) => {
      const giveBack = await store.takeAway(pulse);
      const seen = await load(pulse, { enough: 1000 / SLOWNESS });
      await pulse.kill('SIGKILL');
      await giveBack();
      await pulse.launch();
      await caughtUp(pulse);
      await check(store, pulse, seen.whole);
    }));

    it('SIGTERM with 10 000 rows pending leaves them to the next start', withPulse({}, async (pulse) => {
      const giveBack = await store.takeAway(pulse);
      const seen = await load(pulse, { callers: 32, enough: 10_000 / SLOWNESS });
      assert.equal(await pulse.kill('SIGTERM'), 0);
      await giveBack();
      await pulse.launch();
      await caughtUp(pulse);
      await check(store, pulse, seen.whole);
    }));

    it('a torn tail is cut off, a damaged record is set aside, and the others are written', withPulse({}, async (pulse) => {
      const giveBack = await store.takeAway(pulse);
      const seen = await load(pulse, { callers: 1, enough: 40 });
      await pulse.kill('SIGKILL');
      const rows = frames(pulse.folder).filter((frame) => frame.kind === 1);
      const [torn, damaged] = [rows.at(-1), rows.find((frame) => frame.file === rows.at(-1).file)];
      assert.notEqual(torn, damaged);
      for (const frame of [torn, damaged]) overwrite(frame.file, frame.at + 8 + frame.size - 1, 0x7f);
      const idOf = ({ file, at }) => {
        const hex = readFileSync(file).subarray(at + 16, at + 32).toString('hex');
        return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
      };
      const [tornId, damagedId] = [idOf(torn), idOf(damaged)];
      await giveBack();
      await pulse.launch();
      await caughtUp(pulse);

      await check(store, pulse, seen.whole.filter((id) => id !== tornId && id !== damagedId));
      const byId = new Map((await store.rows(pulse)).map((row) => [row.id, row]));
      // Their requests were admitted: they are not free, whatever became of their rows.
      assert.equal(byId.get(tornId)?.error_code, 'gateway_died');
      assert.equal(byId.get(damagedId)?.error_code, 'gateway_died');
      const rejected = readFileSync(path.join(pulse.folder, 'spool', 'rejected'), 'utf8').trim().split('\n').map(JSON.parse);
      assert.equal(rejected.length, 1);
      assert.match(rejected[0].reason, /checksum/);
      assert.equal(await pulse.metric('pulse_rows_rejected_total'), 1);
    }));

    it('a full disk and no database: 503, nothing lost, and it recovers', async (test) => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-disk-'));
      const disk = path.join(folder, 'disk');
      mkdirSync(disk);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=28m', 'tmpfs', disk]);
      if (mounted.status !== 0) {
        rmSync(folder, { recursive: true, force: true });
        return test.skip('mounting a small disk needs root');
      }
      try {
        await withPulse({ spool: { path: path.join(disk, 'spool') } }, async (pulse) => {
          const giveBack = await store.takeAway(pulse);
          let isFull = false;
          const watch = setInterval(async () => {
            isFull = await pulse.metric('pulse_spool_refusals_total').catch(() => 0) > 200;
          }, 200);
          // Rows of some 4 KiB: the disk is full after a few thousand calls.
          const seen = await load(pulse, { callers: 32, isOver: () => isFull, headers: { 'x-request-id': 'x'.repeat(4000) } });
          clearInterval(watch);
          assert.ok(seen.refused.get(503) > 0, 'refused when the disk was full');
          assert.equal(seen.refused.size, 1);
          assert.ok(seen.retryAfter.every((value) => Number(value) > 0), 'each refusal says when to come back');
          await giveBack();
          await caughtUp(pulse);
          await until('calls are taken again', async () => (await pulse.chat({ model: MODEL })).status === 200);
          await check(store, pulse, seen.whole);
        })(test);
      } finally {
        spawnSync('umount', ['-l', disk]);
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}
