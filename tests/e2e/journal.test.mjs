// kill -9 with streams and calls in flight: after the restart every request that reached its provider has exactly one row,
// those that were not over cost what was reserved for them, and the budgets say the same.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { DatabaseSync } from 'node:sqlite';

import { FakeProvider, sseHead, streamEvents, answerNormally } from './fake_provider.mjs';
import { keyNamed, providerAt, Pulse, sameMoney, until } from './pulse_process.mjs';

const STREAMS = 200;
const BUFFERED = 40;
const BUDGET = { requests_per_minute: 1_000_000, budgets: [{ period: 'month', limit: '100000.00', currency: 'USD' }] };
const KEY = keyNamed('journaled');
let provider;
let pulse;
let reached = 0;

before(async () => {
  provider = await new FakeProvider().start();
  provider.on('test-endless', (request, response) => {
    ++reached;
    sseHead(response);
    response.write(streamEvents('test-endless', ['begun'], {})[0]);
  });
  provider.on('test-silent', () => { ++reached; });
  provider.on('test-quick', (request, response) => { ++reached; return answerNormally(request, response); });
  pulse = await Pulse.start({ config: { providers: { fake: providerAt(provider) } }, keys: { journaled: BUDGET } });
});
after(async () => {
  await pulse?.kill('SIGKILL').catch(() => {});
  await provider?.stop();
});

const standing = async () => (await fetch(`${pulse.origin}/v1/pulse/key`, { headers: { authorization: `Bearer ${KEY}` } })).json();
const pico = (text) => {
  const [whole, fraction = ''] = String(text).split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
};

it('a kill in the middle of 200 streams charges each once, as reserved', async (test) => {
  const finished = [];
  for (let i = 0; i < 25; ++i) {
    const answer = await pulse.chat({ model: 'test-quick', max_tokens: 10 }, { key: KEY });
    finished.push(answer.headers.get('x-pulse-request-id'));
    assert.equal(answer.status, 200, await answer.text());
  }
  const stop = new AbortController();
  const streams = await Promise.all(Array.from({ length: STREAMS }, async () => {
    const answer = await pulse.chat({ model: 'test-endless', stream: true, max_tokens: 50 }, { key: KEY, signal: stop.signal });
    assert.equal(answer.status, 200);
    return answer;
  }));
  const running = streams.map((answer) => answer.headers.get('x-pulse-request-id'));
  const silent = Array.from({ length: BUFFERED }, () =>
    pulse.chat({ model: 'test-silent', max_tokens: 50 }, { key: KEY, signal: stop.signal }).catch(() => {}));
  await until('all reached the provider', () => reached === finished.length + STREAMS + BUFFERED);
  const before = (await standing()).budgets[0];
  assert.ok(pico(before.reserved) > 0n);

  await pulse.kill('SIGKILL');
  stop.abort();
  await Promise.all(silent);
  await Promise.all(streams.map((answer) => answer.body.cancel().catch(() => {})));
  await pulse.launch();

  const after = (await standing()).budgets[0];
  test.diagnostic(`reserved ${before.reserved}, spent ${before.spent} before and ${after.spent} after`);
  assert.equal(pico(after.spent), pico(before.spent) + pico(before.reserved));
  assert.equal(pico(after.reserved), 0n);
  const lost = await pulse.record(running[0], KEY);
  assert.equal(lost.outcome, 'internal_error');
  assert.equal(lost.error_code ?? lost.error, 'gateway_died');
  assert.equal(lost.usage_source, 'estimated');
  assert.equal(lost.cost_status, 'estimated');
  assert.equal(lost.status, 0);
  assert.equal(lost.attempts.length, 1);
  assert.ok(sameMoney(lost.cost, lost.attempts[0].cost));
  assert.equal(await pulse.metric('pulse_lost_requests_total'), STREAMS + BUFFERED);

  assert.equal(await pulse.kill('SIGTERM'), 0);
  const database = new DatabaseSync(pulse.database);
  const rows = database.prepare('select id, cost, error_code from ai_request_log').all();
  const events = database.prepare('select count(*) as rows, count(distinct request_id) as requests from cost_event').get();
  database.close();
  assert.equal(rows.length, reached, 'one row for each request that the provider saw');
  assert.equal(new Set(rows.map((row) => row.id)).size, rows.length);
  assert.equal(rows.filter((row) => row.error_code === 'gateway_died').length, STREAMS + BUFFERED);
  const ids = new Map(rows.map((row) => [row.id, row.error_code]));
  for (const id of finished) assert.equal(ids.get(id), null);
  for (const id of running) assert.equal(ids.get(id), 'gateway_died');
  assert.deepEqual({ ...events }, { rows: reached, requests: reached });
  assert.equal(rows.reduce((sum, row) => sum + pico(row.cost), 0n), pico(after.spent), 'spent is the sum of the rows');
});

it('another start finds nothing more to charge', async () => {
  await pulse.launch();
  const spent = (await standing()).budgets[0].spent;
  await pulse.kill('SIGKILL');
  await pulse.launch();

  assert.equal((await standing()).budgets[0].spent, spent);
  assert.equal(await pulse.metric('pulse_lost_requests_total'), 0);
});
