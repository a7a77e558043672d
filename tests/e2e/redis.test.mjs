// Several gateways on one PostgreSQL and one Redis: a budget holds over all of them, whatever dies, and what Redis counts is
// what the ledger says.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { completion, FakeProvider, sendJson } from './fake_provider.mjs';
import { keyNamed, providerAt, Pulse, SLOWNESS, until } from './pulse_process.mjs';
import { PostgresServer, WITHOUT_POSTGRES } from './postgres_server.mjs';
import { RedisServer, WITHOUT_REDIS } from './redis_server.mjs';

const GATEWAYS = 3;
const MODEL = 'test-greedy';
const PICO = 1_000_000_000_000n;
const skip = WITHOUT_POSTGRES ?? WITHOUT_REDIS ?? false;

const picoOf = (text) => {
  const [whole, fraction = ''] = String(text).split('.');
  return BigInt(whole) * PICO + BigInt(fraction.slice(0, 12).padEnd(12, '0'));
};

describe('several gateways on one Redis', { skip }, () => {
  let provider;
  let postgres;
  let redis;
  let gateways = [];

  before(async () => {
    provider = await new FakeProvider().start();
    // As much as the caller allowed, and as much input as is billed at most.
    provider.on(MODEL, (request, response) => {
      const used = request.json.max_tokens;
      sendJson(response, 200, completion(MODEL, 'x', { prompt_tokens: 9, completion_tokens: used, total_tokens: used + 9 }));
    });
    provider.on('test-broken', (request, response) => sendJson(response, 500, { error: { message: 'no' } }));
    provider.on('test-slow', async (request, response) => {
      await pause(100);
      sendJson(response, 200, completion(MODEL, 'x', { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 }));
    });
    postgres = await PostgresServer.start();
    redis = await RedisServer.start();
    for (let i = 0; i < GATEWAYS; ++i) {
      gateways.push(await Pulse.start({
        config: {
          gateway: { threads: 1 },
          providers: { fake: providerAt(provider) },
          store: { url: postgres.url },
          policy: { store: redis.url },
        },
        keys: {
          dollar: { clamp: false, budgets: [{ period: 'total', limit: '1' }] },
          killed: { clamp: false, budgets: [{ period: 'total', limit: '1' }] },
          mixed: { clamp: false, budgets: [{ period: 'month', limit: '1000' }], tokens_per_day: 100_000_000 },
          rate: { requests_per_minute: 60 },
          frozen: { on_store_failure: 'closed', requests_per_minute: 100_000 },
          revoked: { requests_per_minute: 100_000 },
        },
      }));
    }
  });
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    await Promise.all([provider?.stop(), postgres?.stop(), redis?.stop()]);
  });

  const call = (gateway, key, more = {}) => gateway.chat({ model: MODEL, max_tokens: 1000, ...more }, { key: keyNamed(key) });
  const standing = async (gateway, key) => {
    const answer = await fetch(`${gateway.origin}/v1/pulse/key`, { headers: { authorization: `Bearer ${keyNamed(key)}` } });
    return answer.status === 200 ? answer.json() : undefined;
  };
  const budgetOf = async (gateway, key) => (await standing(gateway, key))?.budgets[0];
  const ledgerSum = (key) => picoOf(postgres.ask(
    `SELECT COALESCE(SUM(l.cost), 0)::text FROM ai_request_log l JOIN ai_gateway_key k ON k.id = l.key_id WHERE k.label = '${key}'`)[0]);
  /** The counter, when nothing is held any more and the ledger has all rows. */
  const settled = (key) => until(`the counter of ${key} is the ledger's sum`, async () => {
    const budget = await budgetOf(gateways[0], key);
    return budget && picoOf(budget.reserved) === 0n && picoOf(budget.spent) === ledgerSum(key) ? budget : undefined;
  }, 60);

  /** Calls from all sides until many in a row were refused for the budget. */
  async function spendAll(key, { parallel = 500, isKilling = () => false } = {}) {
    const answers = { ok: 0, refused: 0, other: [] };
    let inRow = 0;
    let at = 0;
    await Promise.all(Array.from({ length: parallel }, async () => {
      while (inRow < 2 * parallel) {
        const gateway = gateways[at++ % gateways.length];
        try {
          const answer = await call(gateway, key);
          const text = await answer.text();
          if (answer.status === 200) {
            ++answers.ok;
            inRow = 0;
          } else if (answer.status === 429 && text.includes('insufficient_quota')) {
            ++answers.refused;
            ++inRow;
            await pause(300); // calls that hold more than they cost end meanwhile
          } else {
            answers.other.push(`${answer.status} ${text}`);
            if (!isKilling()) inRow += 1;
            await pause(20);
          }
        } catch (error) {
          await pause(50);
        }
      }
    }));
    return answers;
  }

  it('a dollar is spent to the last call that fits, and not passed', async (test) => {
    const answers = await spendAll('dollar');
    const budget = await settled('dollar');
    const [spent, unused] = [picoOf(budget.spent), PICO - picoOf(budget.spent)];
    // The most that a call may hold: 1000 tokens of output at 2 USD a million, and its input.
    const reservation = 2_200_000_000n;
    test.diagnostic(`${answers.ok} answered, ${answers.refused} refused, ${unused} * 10^-12 USD left; other: ${answers.other.slice(0, 2)}`);
    assert.deepEqual(answers.other.slice(0, 3), []);
    assert.ok(spent <= PICO, `${spent}`);
    assert.ok(unused < reservation, `${unused} left`);
  });

  it('the same while gateways are killed and started again', async (test) => {
    let isOver = false;
    const spending = spendAll('killed', { parallel: 60, isKilling: () => !isOver });
    for (let kill = 0; kill < 4; ++kill) {
      await pause(400 * SLOWNESS);
      const gateway = gateways[kill % GATEWAYS];
      await gateway.kill('SIGKILL');
      await gateway.launch();
    }
    isOver = true;
    const answers = await spending;
    const budget = await settled('killed');
    test.diagnostic(`${answers.ok} answered, ${answers.refused} refused, ${answers.other.length} other, spent ${budget.spent}`);
    assert.ok(picoOf(budget.spent) <= PICO, budget.spent);
  });

  it('after mixed ends and kills the counter is the ledger, to the last digit', async (test) => {
    const total = 1500 / SLOWNESS;
    let done = 0;
    const one = async () => {
      while (done++ < total) {
        const gateway = gateways[done % GATEWAYS];
        const kind = done % 5;
        try {
          const abort = new AbortController();
          const more = kind === 0 ? { model: 'test-broken' } : kind === 1 ? { model: 'test-slow' } : kind === 2 ? { max_tokens: 'x' } : {};
          if (kind === 1) setTimeout(() => abort.abort(), 30).unref();
          const answer = await gateway.chat({ model: MODEL, max_tokens: 7, ...more }, { key: keyNamed('mixed'), signal: abort.signal });
          await answer.text();
        } catch { /* aborted, or the gateway is gone */ }
      }
    };
    const load = Promise.all(Array.from({ length: 24 }, one));
    await pause(500 * SLOWNESS);
    await gateways[1].kill('SIGKILL');
    await gateways[1].launch();
    await load;
    const budget = await settled('mixed');
    test.diagnostic(`spent ${budget.spent} of ${done} calls`);
    assert.ok(picoOf(budget.spent) > 0n);
  });

  it('a limit per minute holds over all gateways and is used up', async () => {
    let admitted = 0;
    await Promise.all(Array.from({ length: 120 }, async (_, i) => {
      const answer = await call(gateways[i % GATEWAYS], 'rate', { max_tokens: 1 });
      await answer.text();
      admitted += answer.status === 200 ? 1 : 0;
      assert.equal(answer.headers.get('x-ratelimit-limit-requests'), '60');
    }));
    assert.equal(admitted, 60);
  });

  it('a frozen Redis: `closed` is 503 with Retry-After, at once after a few; it recovers', async (test) => {
    const [gateway] = gateways;
    await until('it answers', async () => (await call(gateway, 'frozen', { max_tokens: 1 })).status === 200);
    redis.freeze();
    try {
      let slowest = 0;
      for (let i = 0; i < 60; ++i) {
        const begun = performance.now();
        const answer = await call(gateway, 'frozen', { max_tokens: 1 });
        const text = await answer.text();
        if (i >= 20) slowest = Math.max(slowest, performance.now() - begun);
        assert.equal(answer.status, 503, text);
        assert.equal(answer.headers.get('retry-after'), '1');
        assert.match(text, /policy_unavailable/);
      }
      test.diagnostic(`slowest refusal once it is known: ${slowest.toFixed(1)} ms`);
      await until('the metric says so', async () => await gateway.metric('pulse_policy_store_up') === 0);
    } finally {
      redis.thaw();
    }
    const begun = performance.now();
    await until('it serves again', async () => (await call(gateway, 'frozen', { max_tokens: 1 })).status === 200, 20);
    test.diagnostic(`served again after ${(performance.now() - begun).toFixed(0)} ms`);
  });

  it('Redis killed and started empty: what was spent is restored', async () => {
    const before = await settled('dollar');
    await redis.kill();
    await redis.launch();
    const budget = await until('the counters are back', async () => await budgetOf(gateways[1], 'dollar'), 20);
    assert.equal(picoOf(budget.spent), picoOf(before.spent));
    const answer = await until('it decides again', async () => {
      const tried = await call(gateways[2], 'dollar');
      return tried.status === 503 ? undefined : tried;
    }, 20);
    assert.equal(answer.status, 429);
  });
});
