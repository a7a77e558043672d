// kill -9 under load: an answer that a caller saw whole has exactly one row after the restart, and nothing else has one.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { DatabaseSync } from 'node:sqlite';

import { FakeProvider, sseHead, streamEvents, answerNormally } from './fake_provider.mjs';
import { keyNamed, KEY, providerAt, Pulse, SLOWNESS, until } from './pulse_process.mjs';

const CALLERS = 24;
const KILLS = 3;
let provider;
let pulse;

before(async () => {
  provider = await new FakeProvider().start();
  provider.on('test-stream', async (request, response) => {
    sseHead(response);
    const includeUsage = request.json.stream_options?.include_usage === true;
    for (const event of streamEvents('test-stream', Array(20).fill(' word'), { includeUsage })) {
      response.write(event);
      await new Promise(setImmediate);
    }
    response.end();
  });
  provider.on('test-buffered', answerNormally);
  pulse = await Pulse.start({
    config: { providers: { fake: providerAt(provider) } },
    keys: { limited: { requests_per_minute: 1_000_000, budgets: [{ period: 'month', limit: '1000.00', currency: 'USD' }] } },
  });
});
after(async () => {
  await pulse?.kill('SIGKILL').catch(() => {});
  await provider?.stop();
});

/** Asks until the gateway is gone; adds what it saw whole to `whole`, and counts what it sent. */
async function callUntilGone(number, seen) {
  const stream = number % 2 === 0;
  const key = number % 3 === 0 ? keyNamed('limited') : KEY;
  for (;;) {
    ++seen.sent;
    try {
      const answer = await pulse.chat({ model: stream ? 'test-stream' : 'test-buffered', stream }, { key });
      const id = answer.headers.get('x-pulse-request-id');
      const text = await answer.text();
      assert.equal(answer.status, 200, text);
      if (!stream || text.endsWith('data: [DONE]\n\n')) seen.whole.push(id);
    } catch (error) {
      if (error.code === 'ERR_ASSERTION') throw error;
      return; // cut by the kill
    }
  }
}

it('every whole answer has exactly one row, whatever was under way when the process died', async (test) => {
  const seen = { sent: 0, whole: [] };
  for (let kill = 0; kill < KILLS; ++kill) {
    const enough = seen.whole.length + 1500 / SLOWNESS;
    const callers = Array.from({ length: CALLERS }, (_, number) => callUntilGone(number, seen));
    await until('answers before the kill', () => seen.whole.length >= enough, 60);
    await pulse.kill('SIGKILL');
    await Promise.all(callers);
    await pulse.launch();
  }
  const last = await pulse.chat({ model: 'test-buffered' });
  seen.whole.push(last.headers.get('x-pulse-request-id'));
  ++seen.sent;
  await last.text();
  await pulse.record(seen.whole.at(-1));
  assert.equal(await pulse.kill('SIGTERM'), 0);

  const database = new DatabaseSync(pulse.database);
  const rows = database.prepare('select lower(case typeof(id) when \'blob\' then hex(id) else replace(id, \'-\', \'\') end) as id, count(*) as times from ai_request_log group by 1').all();
  const costs = database.prepare('select count(*) as rows, count(distinct request_id) as requests from cost_event').get();
  database.close();
  const times = new Map(rows.map((row) => [row.id, row.times]));
  test.diagnostic(`${seen.sent} requests sent, ${seen.whole.length} answers seen whole, ${rows.length} rows, ${KILLS} kills`);
  assert.equal(new Set(seen.whole).size, seen.whole.length);
  const missing = seen.whole.filter((id) => times.get(id.replaceAll('-', '')) !== 1);
  assert.deepEqual(missing, []);
  assert.ok(rows.every((row) => row.times === 1));
  assert.ok(rows.length <= seen.sent, `${rows.length} rows for ${seen.sent} requests`);
  assert.equal(costs.rows, costs.requests, 'a request is charged once');
});

it('a second process on the same folder says who holds it, and the first goes on', async () => {
  await pulse.launch();
  const second = new Pulse();
  Object.assign(second, { folder: pulse.folder, configFile: pulse.configFile, port: pulse.port });
  await second.launch({ ready: false });

  const [code] = await second.exited;

  assert.notEqual(code, 0);
  assert.match(second.output, /running|already|in use|holds/i);
  assert.equal((await pulse.chat({ model: 'test-buffered' })).status, 200);
});
