// Re-rating that is killed again and again, beside a gateway that goes on writing: no row is lost, none is changed twice, and
// at every moment a request, its attempt and its cost event say the same.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { FakeProvider, USAGE_COST } from './fake_provider.mjs';
import { BINARY, providerAt, Pulse, until } from './pulse_process.mjs';

const CALLS = 3000;
const KILLS = 4;
const NEW_COST = '0.000022000012'; // 12 tokens at a picodollar more each

let provider;
let pulse;
let database;

before(async () => {
  provider = await new FakeProvider().start();
  pulse = await Pulse.start({ config: { providers: { openai: providerAt(provider) } } });
});
after(async () => {
  database?.close();
  await pulse?.stop();
  await provider?.stop();
});

const one = (sql) => Object.values(database.prepare(sql).get())[0];
const rerated = () => one('SELECT count(*) FROM cost_rerating');
const torn = () => one(`SELECT count(*) FROM ai_request_log l JOIN ai_request_attempt a ON a.request_id = l.id
  JOIN cost_event e ON e.occurred_at = l.ts AND e.request_id = l.id WHERE l.cost <> a.cost OR a.cost <> e.amount
  OR (l.cost = '${NEW_COST}') <> EXISTS (SELECT 1 FROM cost_rerating r WHERE r.request_id = l.id) AND l.id < (SELECT id FROM ai_request_log ORDER BY id LIMIT 1 OFFSET ${CALLS})`);

async function calls(count, ids) {
  const lane = async () => {
    while (ids.length < count) {
      const answer = await pulse.chat({ model: 'gpt-4o' });
      assert.equal(answer.status, 200);
      ids.push(answer.headers.get('x-pulse-request-id'));
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}

const start = () => spawn(BINARY, ['prices', 'rerate', '--from', '2020-01-01', '--to', '2200-01-01', '--config', pulse.configFile],
  { cwd: pulse.folder, stdio: 'ignore' });

describe('re-rating', () => {
  it('that is killed in the middle, beside a writing gateway, loses nothing and doubles nothing', { timeout: 240_000 }, async () => {
    const ids = [];
    await calls(CALLS, ids);
    await pulse.record(ids.at(-1));
    database = new DatabaseSync(pulse.database, { readOnly: true });
    await until('all rows are in the ledger', () => one('SELECT count(*) FROM ai_request_log') >= ids.length);
    const old = ids.length;
    assert.equal(one(`SELECT count(*) FROM ai_request_log WHERE cost = '${USAGE_COST}'`), old);

    // From here on the gateway rates by the new prices, as the command does.
    pulse.rewriteConfig({ providers: { openai: { prices: { '*': { input: '1.000001', output: '2.00' } } } } });
    pulse.child.kill('SIGHUP');
    await until('the new price is in force', async () => {
      const answer = await pulse.chat({ model: 'gpt-4o' });
      ids.push(answer.headers.get('x-pulse-request-id'));
      return answer.headers.get('x-pulse-cost') === NEW_COST;
    });
    const tail = ids.length - old - 1; // with the old price still
    let writing = true;
    const beside = (async () => {
      for (let count = ids.length; writing; ) await calls(count += 50, ids);
    })();

    let inTheMiddle = 0;
    for (let kill = 0; kill < KILLS; ++kill) {
      const before = rerated();
      const child = start();
      const ended = once(child, 'exit');
      let over = false;
      ended.then(() => { over = true; });
      while (!over && rerated() === before) await pause(1);
      child.kill('SIGKILL');
      await ended;
      inTheMiddle += rerated() < old ? 1 : 0;
      assert.equal(torn(), 0);
    }
    assert.ok(inTheMiddle > 0, 'no kill came in the middle');

    const [code] = await once(start(), 'exit');
    assert.equal(code, 0);
    writing = false;
    await beside;
    await until('all rows are in the ledger', () => one('SELECT count(*) FROM ai_request_log') >= ids.length);
    assert.equal(one('SELECT count(*) FROM ai_request_log'), ids.length);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(torn(), 0);
    assert.equal(one(`SELECT count(*) FROM ai_request_log WHERE cost <> '${NEW_COST}'`), 0);
    assert.equal(rerated(), old + tail);
    assert.equal(one(`SELECT count(*) FROM cost_rerating WHERE cost_before <> '${USAGE_COST}' OR cost_after <> '${NEW_COST}'`), 0);
    assert.equal(one('SELECT count(*) FROM (SELECT 1 FROM cost_rerating GROUP BY request_id, attempt HAVING count(*) > 1)'), 0);
  });

  it('by two commands at once changes each row once', { timeout: 120_000 }, async () => {
    pulse.rewriteConfig({ providers: { openai: { prices: { '*': { input: '3.00', output: '2.00' } } } } });
    const before = rerated();
    const rows = one('SELECT count(*) FROM ai_request_log');
    const codes = await Promise.all([start(), start()].map(async (child) => (await once(child, 'exit'))[0]));
    assert.deepEqual(codes, [0, 0]);
    assert.equal(rerated() - before, rows);
    assert.equal(one("SELECT count(*) FROM ai_request_log WHERE cost <> '0.000046'"), 0);
  });
});
