// Requests and tokens a minute over three gateways for a little over a minute: never more than the limit in any 60 s, nearly all of it
// usable, and headers that say what is left.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { completion, sendJson } from './fake_provider.mjs';
import { Gateways } from './gateways.mjs';
import { SLOWNESS } from './pulse_process.mjs';
import { WITHOUT_POSTGRES } from './postgres_server.mjs';
import { RedisServer, WITHOUT_REDIS } from './redis_server.mjs';

const RATED = 'test-rated';
const [REQUESTS, TOKENS, BILLED] = [300, 7000, 20];
const SETTLED_MS = 200; // after an answer, on a slow machine
const WINDOW_MS = 60_000;
// Buckets of 3 s: what was counted comes back after 60 to 63 s.
const USABLE = SLOWNESS > 1 ? 0.9 : 0.95;
const FILLING = { seconds: 12, everyMs: 25 };
const AFTERWARDS = { seconds: 62, everyMs: SLOWNESS > 1 ? 25 : 10 };

/** When Pulse read the call: the first 48 bits of a UUIDv7. */
const millisecondsOf = (id) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
const ascending = (a, b) => a - b;

describe('limits a minute over three gateways', { skip: WITHOUT_POSTGRES ?? WITHOUT_REDIS ?? false }, () => {
  let redis;
  let gateways;
  let estimate;
  const arrived = new Map();

  before(async () => {
    redis = await RedisServer.start();
    const rates = { requests_per_minute: REQUESTS, tokens_per_minute: TOKENS };
    gateways = await Gateways.start({
      store: redis.url,
      keys: {
        probe: { policy: rates }, trickle: { policy: rates },
        requests: { policy: { requests_per_minute: REQUESTS } }, tokens: { policy: { tokens_per_minute: TOKENS } },
      },
    });
    gateways.provider.on(RATED, (request, response) => {
      arrived.set(request.json.messages[0].content, Date.now());
      sendJson(response, 200, completion(RATED, 'x', { prompt_tokens: 9, completion_tokens: BILLED - 9, total_tokens: BILLED }));
    });
  });
  after(async () => {
    await gateways?.stop();
    await redis?.stop();
  });

  let count = 0;
  /** One call; of one that was let in, the bounds of the time of its admission. */
  async function call(name) {
    const content = `call ${String(count).padStart(6, '0')}`; // all of a length, so that all are estimated alike
    const answer = await gateways.call(gateways.list[count++ % gateways.list.length], name,
      { model: RATED, max_tokens: 40, messages: [{ role: 'user', content }] });
    const number = (header) => (answer.headers.has(header) ? Number(answer.headers.get(header)) : undefined);
    return {
      status: answer.status, text: answer.text, retryAfter: number('retry-after'),
      remaining: { requests: number('x-ratelimit-remaining-requests'), tokens: number('x-ratelimit-remaining-tokens') },
      from: millisecondsOf(answer.headers.get('x-pulse-request-id')), to: arrived.get(content) + 1, ended: Date.now(),
    };
  }

  it('one call after the other: the headers are the truth', async (test) => {
    // The first of its model; later ones are estimated by what was billed before, and so lower.
    estimate = TOKENS - (await call('probe')).remaining.tokens;
    assert.ok(estimate > BILLED && estimate < 200, `${estimate} tokens`);
    let farthest = 0;
    for (let used = 0; used < 30; ++used) {
      const { status, remaining } = await call('trickle');
      assert.equal(status, 200);
      assert.equal(remaining.requests, REQUESTS - used - 1);
      const truth = TOKENS - used * BILLED - estimate;
      farthest = Math.max(farthest, Math.abs(remaining.tokens - truth));
    }
    test.diagnostic(`a call is estimated at ${estimate} tokens and bills ${BILLED}; farthest from the truth: ${farthest} of ${TOKENS} tokens`);
    assert.ok(farthest <= TOKENS / 100);
  });

  /** Asks for more than the limit until a second minute is full too. */
  async function demand(name) {
    const calls = [];
    for (const { seconds, everyMs } of [FILLING, AFTERWARDS]) {
      const begun = performance.now();
      for (let n = 0; performance.now() - begun < seconds * 1000; ++n) {
        calls.push(call(name));
        await pause(Math.max(0, begun + n * everyMs - performance.now()));
      }
    }
    return Promise.all(calls);
  }

  /** A call holds `held` of the limit at most until it has ended, and then `used`. */
  function judge(test, kind, calls, limit, { used, held }) {
    const admitted = calls.filter((one) => one.status === 200);
    const refused = calls.filter((one) => one.status !== 200);
    const [from, to] = ['from', 'to'].map((end) => admitted.map((one) => one[end]).sort(ascending));
    const most = Math.floor(limit / used);
    // The nth call after one is in no window of 60 s with it.
    const pairs = admitted.length - most;
    assert.ok(pairs > most / 2, `${admitted.length} of ${calls.length} were let in: the limit was not filled twice`);
    let [shortest, sum] = [Infinity, 0];
    for (let i = 0; i < pairs; ++i) {
      shortest = Math.min(shortest, to[i + most] - from[i]);
      sum += from[i + most] - to[i];
    }
    const usable = WINDOW_MS / (sum / pairs);

    // Until the first calls leave the window, what remains is what nobody has taken.
    let farthest = 0;
    for (const one of admitted.filter((other) => other.to < from[0] + WINDOW_MS - 1000)) {
      const surelyBefore = to.filter((time) => time < one.from).length;
      const perhapsBefore = admitted.filter((other) => other !== one && other.from <= one.to);
      const unsettled = perhapsBefore.filter((other) => other.ended + SETTLED_MS > one.from).length;
      const least = limit - perhapsBefore.length * used - unsettled * (held - used) - held;
      farthest = Math.max(farthest, least - one.remaining[kind], one.remaining[kind] - (limit - (surelyBefore + 1) * used));
    }
    test.diagnostic(`${kind}: ${calls.length} calls, ${admitted.length} let in, ${most} fit into a minute; as many came again after ` +
      `${(shortest / 1000).toFixed(2)} s at the earliest; ${(100 * usable).toFixed(1)} % of the limit usable; ` +
      `headers off by ${farthest} of ${limit} at most`);
    assert.ok(shortest >= WINDOW_MS, `${most + 1} calls within ${shortest} ms`);
    assert.ok(usable >= USABLE, `${usable}`);
    assert.ok(farthest <= limit / 100, `headers are off by ${farthest}`);
    for (const one of refused) {
      assert.equal(one.status, 429, one.text);
      assert.match(one.text, /rate_limit_exceeded/);
      assert.ok(one.retryAfter > 0 && one.retryAfter <= 64, `retry-after: ${one.retryAfter}`);
      assert.ok(one.remaining[kind] < held, `refused, and ${one.remaining[kind]} remain`);
    }
  }

  it('many more than fit: at most the limit in any 60 s, and nearly all of it', async (test) => {
    const [requests, tokens] = await Promise.all([demand('requests'), demand('tokens')]);
    judge(test, 'requests', requests, REQUESTS, { used: 1, held: 1 });
    judge(test, 'tokens', tokens, TOKENS, { used: BILLED, held: estimate });
  });
});
