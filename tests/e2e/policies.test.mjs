// Every field of a policy through the built program, asked by the official client.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { CLIENTS, clientOf, collect, MESSAGES } from './clients.mjs';
import { completion, FakeProvider, PROVIDER_KEY, sendJson, sseHead } from './fake_provider.mjs';
import { keyNamed, Pulse } from './pulse_process.mjs';

const { OpenAI } = CLIENTS[CLIENTS.length - 1];

// 1 USD in, 2 USD out a million; the smaller model costs a hundredth.
const PRICES = { 'gpt-4o': { input: '1.00', output: '2.00' }, 'gpt-4o-mini': { input: '0.01', output: '0.02' } };
const total = (limit, more = {}) => ({ budgets: [{ period: 'total', limit, currency: 'USD' }], ...more });
const KEYS = {
  open: {},
  models: { allowed_models: ['gpt-4o*'], blocked_models: ['gpt-4o-mini'] },
  providers: { allowed_providers: ['other'] },
  minute: { requests_per_minute: 2 },
  day: { requests_per_day: 1 },
  tokens: { tokens_per_minute: 3000 },
  parallel: { max_parallel_requests: 1 },
  size: { max_tokens_per_request: 500 },
  cost: { max_cost_per_request: '0.0001' },
  clamp: total('0.01'),
  unclamped: total('0.01', { clamp: false }),
  unpriced: { unknown_price: 'block' },
  named: { require_attribution: ['project', 'tag.env'] },
  fixed: { allow_attribution_override: false },
  office: { ip_allowlist: ['192.0.2.0/24'] },
  smaller: total('0.001', { downgrade_to: 'gpt-4o-mini', clamp: false }),
  hard: total('5'),
  soft: { budgets: [{ period: 'total', limit: '0.000001', currency: 'USD', soft: true }] },
  stream: total('0.003'),
};

let provider;
let pulse;
before(async () => {
  provider = await new FakeProvider().start();
  const entry = { kind: 'openai', base_url: provider.baseUrl, api_key: PROVIDER_KEY };
  pulse = await Pulse.start({
    config: {
      gateway: { trusted_proxies: ['127.0.0.1/32'] },
      providers: { fake: { ...entry, models: ['gpt-4o', 'gpt-4o-mini', 'unpriced-*'], prices: PRICES } },
    },
    keys: KEYS,
  });
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

const asker = (name, headers = {}) => clientOf(OpenAI, pulse, { key: keyNamed(name), maxRetries: 0, defaultHeaders: headers }).client;
const ask = (name, body = {}, headers = {}) =>
  asker(name, headers).chat.completions.create({ model: 'gpt-4o', messages: MESSAGES, ...body }).withResponse();
const refusal = async (name, body, headers) => {
  try {
    await ask(name, body, headers);
  } catch (error) {
    return error;
  }
  return assert.fail(`${name} was let in`);
};

describe('what a key may ask for', () => {
  const cases = [
    ['models', { model: 'gpt-4o-mini' }, 403, 'model_not_allowed', "blocked_models"],
    ['providers', {}, 403, 'model_not_allowed', "allowed_providers"],
    ['size', { max_tokens: 5000 }, 400, 'max_tokens_exceeded', 'max_tokens_per_request'],
    ['cost', { max_tokens: 5000 }, 400, 'max_cost_exceeded', 'max_cost_per_request'],
    ['unpriced', { model: 'unpriced-1' }, 400, 'unpriced_model', 'price'],
    ['named', {}, 403, 'attribution_required', 'x-pulse-project'],
    ['office', {}, 403, 'ip_not_allowed', 'ip_allowlist'],
  ];
  for (const [name, body, status, code, word] of cases) {
    it(`${name}: ${status} ${code}`, async () => {
      const error = await refusal(name, body);
      assert.equal(error.status, status);
      assert.equal(error.code, code);
      assert.match(error.message, new RegExp(word));
    });
  }

  it('lets in what the same policies allow', async () => {
    assert.equal((await ask('models')).data.model, 'gpt-4o');
    assert.ok(await ask('size', { max_tokens: 20 }));
    assert.ok(await ask('named', {}, { 'x-pulse-project': 'p', 'x-pulse-tags': 'env=test' }));
    assert.ok(await ask('office', {}, { 'x-forwarded-for': '192.0.2.9' }));
  });

  it('fixed attribution takes no header', async () => {
    assert.equal((await refusal('fixed', {}, { 'x-pulse-user': 'ada' })).status, 403);
  });

  it('deferred work under a hard budget needs the key\'s word', async () => {
    await assert.rejects(
      asker('hard').responses.create({ model: 'gpt-4o', input: 'hi', background: true }),
      (error) => error.status === 403 && /allow_deferred/.test(error.message));
  });
});

describe('limits', () => {
  it('requests a minute: two, then 429 with what is left and when to come back', async () => {
    const { response } = await ask('minute');
    assert.equal(response.headers.get('x-ratelimit-limit-requests'), '2');
    assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '1');
    await ask('minute');
    const error = await refusal('minute');
    assert.equal(error.status, 429);
    assert.equal(error.code, 'rate_limit_exceeded');
    assert.equal(error.headers.get('x-ratelimit-remaining-requests'), '0');
    const wait = Number(error.headers.get('retry-after'));
    assert.ok(wait > 0 && wait <= 60, `retry-after: ${wait}`);
  });

  it('requests a day: a wait that nobody sleeps out', async () => {
    await ask('day');
    const error = await refusal('day');
    assert.equal(error.status, 429);
    assert.ok(error.headers.get('retry-after') === null || Number(error.headers.get('retry-after')) <= 60);
    assert.match(error.headers.get('x-pulse-reset-at'), /^\d{4}-\d\d-\d\dT00:00:00Z$/);
  });

  it('tokens a minute', async () => {
    const { response } = await ask('tokens', { max_tokens: 100 });
    assert.equal(response.headers.get('x-ratelimit-limit-tokens'), '3000');
    assert.equal((await refusal('tokens', { messages: [{ role: 'user', content: 'word '.repeat(4000) }] })).status, 400);
  });

  it('parallel requests', async () => {
    let finish;
    const held = new Promise((done) => { finish = done; });
    const arrived = new Promise((done) => {
      provider.on('gpt-4o', async (request, response) => {
        done();
        await held;
        sendJson(response, 200, completion('gpt-4o'));
      });
    });
    const first = ask('parallel');
    await arrived;
    const error = await refusal('parallel');
    finish();
    await first;
    provider.scripts.delete('gpt-4o');
    assert.equal(error.status, 429);
    assert.equal(error.headers.get('retry-after'), '1');
  });
});

describe('budgets', () => {
  it('clamp lowers the output limit to what is left, and says so', async () => {
    const before = provider.requests.length;
    const { response } = await ask('clamp', { max_tokens: 100_000 });
    const sent = provider.requests[before].json;
    assert.ok(sent.max_tokens > 0 && sent.max_tokens < 5000, `max_tokens: ${sent.max_tokens}`);
    assert.match(response.headers.get('x-pulse-warning'), /clamped/);
  });

  it('without clamp the same call is refused, and not tried again', async () => {
    const { client, calls } = clientOf(OpenAI, pulse, { key: keyNamed('unclamped') });
    await assert.rejects(
      client.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES, max_tokens: 100_000 }),
      (error) => error.status === 429 && error.code === 'insufficient_quota');
    assert.equal(calls.length, 1);
  });

  it('downgrade_to takes the other model, and the row keeps what was asked', async () => {
    const { data, response } = await ask('smaller', { max_tokens: 2000 });
    assert.equal(data.model, 'gpt-4o-mini');
    assert.match(response.headers.get('x-pulse-warning'), /downgraded to gpt-4o-mini/);
    assert.equal(response.headers.get('x-pulse-model'), 'gpt-4o-mini');
    const row = await pulse.record(response.headers.get('x-pulse-request-id'), keyNamed('smaller'));
    assert.equal(row.model_requested, 'gpt-4o');
    assert.equal(row.model_served, 'gpt-4o-mini');
  });

  it('a soft budget warns only', async () => {
    await ask('soft');
    const { response } = await ask('soft');
    assert.match(response.headers.get('x-pulse-warning'), /soft budget passed/);
  });

  it('a stream that outlives its hold ends as if its limit were reached', async () => {
    provider.on('gpt-4o', async (request, response) => {
      sseHead(response);
      let gone = false;
      response.on('close', () => { gone = true; });
      const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o',
        choices: [{ index: 0, delta: { content: 'hello '.repeat(40) }, finish_reason: null }] };
      for (let i = 0; i < 400 && !gone; ++i) {
        response.write(`data: ${JSON.stringify(chunk)}\n\n`);
        await new Promise(setImmediate);
      }
    });
    const stream = await asker('stream').chat.completions.create({
      model: 'gpt-4o', messages: MESSAGES, max_tokens: 200, stream: true, stream_options: { include_usage: true },
    });
    const { chunks } = await collect(stream);
    provider.scripts.delete('gpt-4o');
    assert.equal(chunks.at(-2).choices[0].finish_reason, 'length');
    assert.ok(chunks.at(-1).usage.completion_tokens > 200);
    const standing = await (await fetch(`${pulse.origin}/v1/pulse/key`, { headers: { authorization: `Bearer ${keyNamed('stream')}` } })).json();
    assert.equal(standing.budgets[0].reserved, '0');
    // What the provider sent beyond its limit within one read of 16 KiB was delivered, and is paid.
    assert.ok(Number(standing.budgets[0].spent) <= 0.003 + 0.005, standing.budgets[0].spent);
  });
});

describe('guessing', () => {
  it('throttles an address that fails too often, and nobody else', async () => {
    const guess = (n, from) => fetch(`${pulse.baseURL}/models`, {
      headers: { authorization: `Bearer ${keyNamed(`guess${n}`)}`, 'x-forwarded-for': from },
    });
    const statuses = [];
    for (let i = 0; i < 300 && !statuses.includes(429); ++i) statuses.push((await guess(i, '203.0.113.5')).status);
    assert.equal(statuses[0], 401);
    assert.ok(statuses.includes(429), `${statuses.length} guesses`);
    assert.equal((await guess(0, '203.0.113.6')).status, 401);
    const valid = await fetch(`${pulse.baseURL}/models`, {
      headers: { authorization: `Bearer ${keyNamed('open')}`, 'x-forwarded-for': '203.0.113.5' },
    });
    assert.equal(valid.status, 200);
  });
});
