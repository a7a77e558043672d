// Calls that end in every way there is, on several gateways that are killed and started again: afterwards what the policy store has
// counted is what the ledger says, to the last digit.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { completion, sendJson, sseHead, streamEvents } from './fake_provider.mjs';
import { picoOf } from './gateways.mjs';
import { until } from './pulse_process.mjs';

const model = (name) => `test-ends-${name}`;
const usageOf = (request) => ({ prompt_tokens: 9, completion_tokens: request.json.max_tokens, total_tokens: 9 + request.json.max_tokens });

/** What the provider does, and how the caller behaves: `abortAfter` in ms. */
const ENDS = {
  answered: { script: (request, response) => sendJson(response, 200, completion(model('answered'), 'x', usageOf(request))) },
  slow: {
    script: async (request, response) => {
      await pause(100);
      sendJson(response, 200, completion(model('slow'), 'x', usageOf(request)));
    },
  },
  streamed: {
    body: { stream: true },
    script: (request, response) => {
      sseHead(response);
      response.end(streamEvents(model('streamed'), ['a', 'b'], { includeUsage: true, usage: usageOf(request) }).join(''));
    },
  },
  aborted: { abortAfter: 40, script: (request, response) => ENDS.slow.script(request, response) },
  'stream left': {
    body: { stream: true }, abortAfter: 60,
    script: async (request, response) => {
      sseHead(response);
      for (const event of streamEvents(model('stream left'), ['a', 'b', 'c', 'd'], { includeUsage: true, usage: usageOf(request) })) {
        response.write(event);
        await pause(25);
      }
      response.end();
    },
  },
  'stream cut': {
    body: { stream: true },
    script: async (request, response) => {
      sseHead(response);
      response.write(streamEvents(model('stream cut'), ['a', 'b']).slice(0, 3).join(''));
      await pause(10);
      response.destroy();
    },
  },
  'answer cut': {
    script: async (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 5000 });
      response.write('{"id":');
      await pause(10);
      response.destroy();
    },
  },
  'provider 400': { script: (request, response) => sendJson(response, 400, { error: { message: 'no', type: 'invalid_request_error' } }) },
  'provider 429': { script: (request, response) => sendJson(response, 429, { error: { message: 'slow down' } }) },
  'provider 500': { script: (request, response) => sendJson(response, 500, { error: { message: 'no' } }) },
  'Pulse 400': { body: { max_tokens: 'x' } },
  'Pulse 404': { body: { model: 'nobody-has-this' } },
};

export const KEYS = {
  mixed: { policy: { clamp: false, budgets: [{ period: 'month', limit: '100000' }], tokens_per_day: 1_000_000_000, max_parallel_requests: 1000 } },
};

export function scriptProvider(provider) {
  for (const [name, { script }] of Object.entries(ENDS)) if (script) provider.on(model(name), script);
}

/**
 * Makes `total` calls while gateways are killed `kills` times, one after the other, and holds the counters against the ledger. The last
 * that is killed is away for `awaySeconds`: beyond the lease of what it held, the others charge that, and it corrects them.
 */
export async function mixedEnds(test, gateways, { total, kills, awaySeconds = 0, parallel = 24 }) {
  const ends = Object.entries(ENDS);
  const seen = {};
  const note = (name, what) => { seen[name] ??= {}; seen[name][what] = (seen[name][what] ?? 0) + 1; };
  let begun = 0;
  const one = async () => {
    while (begun < total) {
      const at = begun++;
      // Not in turn: who fails at once shall not meet the same gateway and end for ever.
      const [name, { body = {}, abortAfter }] = ends[(at * 7 + Math.floor(at / ends.length)) % ends.length];
      const abort = new AbortController();
      const timer = abortAfter && setTimeout(() => abort.abort(), abortAfter);
      try {
        const answer = await gateways.call(gateways.list[at % gateways.list.length], 'mixed',
          { model: model(name), max_tokens: 5 + (at % 11), ...body }, { signal: abort.signal });
        note(name, answer.status);
      } catch {
        note(name, abort.signal.aborted ? 'left' : 'lost');
        if (!abort.signal.aborted) await pause(30); // the gateway is gone
      } finally {
        clearTimeout(timer);
      }
    }
  };
  const load = Promise.all(Array.from({ length: parallel }, one));
  for (let kill = 0; kill < kills; ++kill) {
    const due = (total * (kill + 1)) / (kills + 1);
    await until('more calls', () => begun >= due, 600);
    const gateway = gateways.list[kill % gateways.list.length];
    await gateway.kill('SIGKILL');
    await pause(kill === kills - 1 ? awaySeconds * 1000 : 100);
    await gateway.launch();
  }
  await load;

  await gateways.written();
  const before = performance.now();
  const last = {};
  await until(`the counter is the ledger's sum: ${JSON.stringify(last)}`, async () => {
    const budget = await gateways.budgetOf(gateways.list[0], 'mixed');
    if (!budget) return false;
    Object.assign(last, { spent: picoOf(budget.spent), reserved: picoOf(budget.reserved), ledger: gateways.ledgerSum('mixed') });
    return last.reserved === 0n && last.spent === last.ledger;
  }, 60).catch(() => {});
  const rows = Number(gateways.postgres.ask('SELECT count(*) FROM ai_request_log')[0]);
  for (const [name, counts] of Object.entries(seen)) test.diagnostic(`${name}: ${JSON.stringify(counts)}`);
  test.diagnostic(`${begun} calls, ${kills} kills, ${rows} rows; counter ${last.spent}, held ${last.reserved}, ledger ${last.ledger} ` +
    `* 10^-12 USD: ${last.spent - last.ledger} apart, ${((performance.now() - before) / 1000).toFixed(1)} s after the last call`);

  if (awaySeconds > 0) {
    const isCharged = gateways.list.some((gateway) => gateway.output.includes('charged as reserved'));
    assert.ok(isCharged, 'what a gateway held that is gone was never charged');
  }
  assert.ok(last.ledger > 0n);
  assert.equal(last.reserved, 0n, 'something is held for ever');
  assert.equal(last.spent - last.ledger, 0n);
  for (const name of ['answered', 'streamed']) assert.ok(seen[name][200] > 0, name);
  for (const name of ['aborted', 'stream left']) assert.ok(seen[name].left > 0, name);
  for (const [name, status] of [['provider 400', 400], ['provider 429', 429], ['Pulse 400', 400], ['Pulse 404', 404]]) assert.ok(seen[name][status] > 0, name);
  assert.ok(Object.keys(seen['provider 500']).some((status) => Number(status) >= 500));
  assert.ok(kills === 0 || Object.values(seen).some((counts) => counts.lost > 0), 'no call noticed that gateways were killed');
}
