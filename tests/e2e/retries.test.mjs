// Each error of the table as the official clients of every dialect take it: how often they call, and how long they wait.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { generateText } from 'ai';

import { CLIENTS, clientOf } from './clients.mjs';
import { ANTHROPICS, bedrockClient, dialectProviders, DialectProvider, GENAIS } from './dialect_providers.mjs';
import { completion, sendJson } from './fake_provider.mjs';
import { freePorts, keyNamed, KEY, Pulse, SLOWNESS, until } from './pulse_process.mjs';

const RETRIES = 2;
const HI = [{ role: 'user', content: 'hi' }];
const MODELS = { openai: 'gpt-4o-mini', anthropic: 'claude-e2e-1', gemini: 'gemini-2.5-flash', bedrock: 'amazon.nova-micro-v1:0' };

let provider;
let pulse;
/** Counts what arrives at Pulse's door: AWS's client takes no fetch. */
let calls = 0;

before(async () => {
  provider = await new DialectProvider().start();
  const [nobody] = await freePorts(1);
  const providers = dialectProviders(provider);
  for (const name of Object.keys(MODELS)) {
    providers[`away-${name}`] = { ...providers[name], base_url: `http://127.0.0.1:${nobody}${name === 'openai' ? '/v1' : ''}`, models: [`away-${name}`] };
  }
  pulse = await Pulse.start({
    config: { gateway: { timeouts: { first_byte_buffered: `${1500 * SLOWNESS}ms` } }, providers },
    keys: {
      one: { max_parallel_requests: 1 },
      budget: { budgets: [{ period: 'month', limit: '0.000001', currency: 'USD' }], clamp: false },
      narrow: { allowed_models: ['nothing-*'] },
    },
  });
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

// `call(key, model)`: one question through the client, with its own retries.
const USERS = {
  ...Object.fromEntries(CLIENTS.map(({ name, OpenAI }) => [name, {
    api: 'openai', retries: true, type: (error) => error.type ?? error.error?.type,
    call: (key, model) => counting(clientOf(OpenAI, pulse, { key, maxRetries: RETRIES }), ({ client }) => client.chat.completions.create({ model, messages: HI })),
  }])),
  ...Object.fromEntries(ANTHROPICS.map(({ name, Anthropic }) => [name, {
    api: 'anthropic', retries: true,
    call: (key, model) => {
      const own = { calls: [] };
      own.client = new Anthropic({ baseURL: pulse.origin, apiKey: key, maxRetries: RETRIES, fetch: (...request) => { own.calls.push(request); return fetch(...request); } });
      return counting(own, ({ client }) => client.messages.create({ model, max_tokens: 10, messages: HI }));
    },
  }])),
  ...Object.fromEntries(GENAIS.map(({ name, GoogleGenAI }) => [name, {
    api: 'gemini', retries: false,
    call: (key, model) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: pulse.origin } }).models.generateContent({ model, contents: 'hi' }),
  }])),
  'ai 7 openai': {
    api: 'openai', retries: true, looksAtStatusOnly: [429, 502, 504],
    call: (key, model) => generateText({ model: createOpenAI({ baseURL: pulse.baseURL, apiKey: key, fetch: counted }).chat(model), prompt: 'hi', maxRetries: RETRIES }),
  },
  'ai 7 anthropic': {
    api: 'anthropic', retries: true, looksAtStatusOnly: [429, 502, 504],
    call: (key, model) => generateText({ model: createAnthropic({ baseURL: pulse.baseURL, apiKey: key, fetch: counted }).languageModel(model), prompt: 'hi', maxRetries: RETRIES }),
  },
  '@aws-sdk/client-bedrock-runtime': {
    api: 'bedrock', retries: true, looksAtStatusOnly: [502, 504],
    call: (key, model) => {
      const client = bedrockClient(pulse, { key, maxAttempts: RETRIES + 1 });
      client.middlewareStack.add((next) => (args) => { ++calls; return next(args); }, { step: 'finalizeRequest', priority: 'low' });
      return client.send(new ConverseCommand({ modelId: model, messages: [{ role: 'user', content: [{ text: 'hi' }] }] }));
    },
  },
};
const counted = (...request) => { ++calls; return fetch(...request); };
const counting = (own, work) => work(own).finally(() => { calls += own.calls.length; });

async function failing(user, { key = KEY, model = MODELS[user.api] }) {
  calls = 0;
  const begun = performance.now();
  const error = await user.call(key, model).then(() => assert.fail('it should have failed'), (reason) => reason);
  return { error, calls: calls || 1, seconds: (performance.now() - begun) / 1000 };
}

const statusOf = (error) => error.status ?? error.statusCode ?? error.$metadata?.httpStatusCode ?? error.lastError?.statusCode;

const answering = (status) => (_, response) => sendJson(response, status, { error: { message: 'no', type: 'authentication_error' } }) ?? true;

// case: [what stands in the way, the status, calls where the client retries]
const CASES = {
  'an unknown key': { ask: { key: keyNamed('nobody') }, status: 401, calls: 1 },
  'an unknown model': { ask: { model: 'no-such-model' }, status: 404, calls: 1 },
  'a model that the key may not use': { ask: { key: keyNamed('narrow') }, status: 403, calls: 1 },
  'an exhausted budget': { ask: { key: keyNamed('budget') }, status: 429, calls: 1, bedrock: 400 },
  'a provider that refuses our key': { special: answering(401), status: 502, calls: 1 },
  'what the provider finds wrong': { special: answering(400), status: 400, calls: 1 },
  'a provider that is overloaded': { special: answering(503), status: 503, calls: RETRIES + 1 },
  // It has the whole request: another one may be billed again.
  'a provider that is silent': { special: () => true, status: 504, calls: 1 },
  'an answer that is no HTTP': { special: (_, response) => response.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'), status: 502, calls: RETRIES + 1 },
  'a provider that is away': { ask: (api) => ({ model: `away-${api}` }), status: 502, calls: RETRIES + 1 },
};

for (const [name, user] of Object.entries(USERS)) {
  describe(name, () => {
    for (const [row, { ask = {}, status, calls: expected, special, ...others }] of Object.entries(CASES)) {
      it(`${row}: ${others[user.api] ?? status}`, async () => {
        if (special) provider.special = special;
        let seen;
        try {
          seen = await failing(user, typeof ask === 'function' ? ask(user.api) : ask);
        } finally {
          provider.special = () => false;
        }

        assert.equal(statusOf(seen.error), others[user.api] ?? status, seen.error.message);
        // `budget_status: 402` is for users of clients that no header tells to stop.
        if (!user.looksAtStatusOnly?.includes(status)) assert.equal(seen.calls, user.retries ? expected : 1);
        assert.ok(seen.seconds < 15 * SLOWNESS, `${seen.seconds} s`);
      });
    }

    it('a limit that passes soon: it waits and gets its answer', { skip: !user.retries && 'it does not try again' }, async () => {
      let release;
      provider.special = (_, response) => !release && (release = () => sendJson(response, 200, completion(MODELS.openai)));
      try {
        const first = pulse.chat({ model: MODELS.openai }, { key: keyNamed('one') });
        await until('the first call is held', () => release);
        calls = 0;
        const begun = performance.now();
        const second = user.call(keyNamed('one'), MODELS[user.api]);
        setTimeout(release, 200);
        await second;

        assert.ok(calls > 1, `${calls} calls`);
        assert.ok(performance.now() - begun < 15_000 * SLOWNESS);
        assert.equal((await first).status, 200);
      } finally {
        provider.special = () => false;
      }
    });
  });
}
