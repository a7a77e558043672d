// Each row of the error table, as OpenAI's client classifies it, with the number of calls that it makes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { CLIENTS, clientOf, collect, MESSAGES } from './clients.mjs';
import { answerNormally, completion, FakeProvider, sendJson, sseHead, streamEvents } from './fake_provider.mjs';
import { freePorts, keyNamed, providerAt, Pulse, sameMoney } from './pulse_process.mjs';

let provider;
let pulse;

const clientKeys = (policy) => Object.fromEntries(CLIENTS.map(({ name }, index) => [`${policy}${index}`, name]));

before(async () => {
  provider = await new FakeProvider().start();
  const [nobody] = await freePorts(1);
  const keys = {};
  for (const key of Object.keys(clientKeys('rate'))) keys[key] = { requests_per_minute: 1 };
  for (const key of Object.keys(clientKeys('budget'))) {
    keys[key] = { budgets: [{ period: 'month', limit: '0.000001', currency: 'USD' }], clamp: false };
  }
  keys.cent = { budgets: [{ period: 'month', limit: '0.01', currency: 'USD' }], clamp: false };
  keys.narrow = { allowed_models: ['gpt-4o-mini'] };
  keys.cheap = { max_tokens_per_request: 10, clamp: false };
  keys.one = { max_parallel_requests: 1 };
  pulse = await Pulse.start({
    config: {
      gateway: { max_body: '1MiB' },
      providers: {
        fake: providerAt(provider),
        away: { ...providerAt(provider), base_url: `http://127.0.0.1:${nobody}/v1`, models: ['away-*'] },
      },
    },
    keys,
  });
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

const ask = (client, model = 'gpt-4o-mini', more = {}) => client.chat.completions.create({ model, messages: MESSAGES, ...more });

async function failure(promise) {
  let error;
  await promise.catch((reason) => { error = reason; });
  assert.ok(error, 'it should have failed');
  return error;
}
const header = (error, name) => (error.headers?.get ? error.headers.get(name) : error.headers?.[name]);

CLIENTS.forEach(({ name, OpenAI }, index) => {
  describe(name, () => {
    it('an unknown key: 401, one call', async () => {
      const { client, calls } = clientOf(OpenAI, pulse, { key: keyNamed('unknown') });

      const error = await failure(ask(client));

      assert.ok(error instanceof OpenAI.AuthenticationError);
      assert.equal(error.code, 'invalid_api_key');
      assert.equal(header(error, 'x-pulse-error-source'), 'pulse');
      assert.equal(calls.length, 1);
    });

    it('an unknown model: 404, one call', async () => {
      const { client, calls } = clientOf(OpenAI, pulse);

      const error = await failure(ask(client, 'no-such-model'));

      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'model_not_found');
      assert.equal(calls.length, 1);
    });

    it('a model that the key may not use: 403, one call', async () => {
      const { client, calls } = clientOf(OpenAI, pulse, { key: keyNamed('narrow') });

      const error = await failure(ask(client, 'gpt-4o'));

      assert.ok(error instanceof OpenAI.PermissionDeniedError);
      assert.equal(error.code, 'model_not_allowed');
      assert.equal(calls.length, 1);
    });

    it('a rate limit: 429 with the time to wait', async () => {
      const { client, calls } = clientOf(OpenAI, pulse, { key: keyNamed(`rate${index}`), maxRetries: 0 });
      await ask(client);

      const error = await failure(ask(client));

      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.code, 'rate_limit_exceeded');
      const seconds = Number(header(error, 'retry-after'));
      assert.ok(seconds >= 1 && seconds <= 60, `retry-after ${seconds}`);
      assert.equal(header(error, 'x-ratelimit-limit-requests'), '1');
      assert.equal(header(error, 'x-ratelimit-remaining-requests'), '0');
      assert.equal(calls.length, 2);
    });

    it('an exhausted budget: 429 insufficient_quota, and exactly one call in spite of two retries', async () => {
      const { client, calls } = clientOf(OpenAI, pulse, { key: keyNamed(`budget${index}`) });

      const error = await failure(ask(client));

      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.code, 'insufficient_quota');
      assert.equal(header(error, 'x-should-retry'), 'false');
      assert.equal(header(error, 'retry-after') ?? null, null);
      assert.equal(calls.length, 1);
      assert.equal(provider.requests.filter((request) => request.headers.authorization?.includes('budget')).length, 0);
    });

    it('wrong types: 400, one call', async () => {
      const { client, calls } = clientOf(OpenAI, pulse);

      const error = await failure(ask(client, 5));

      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.type, 'invalid_request_error');
      assert.equal(calls.length, 1);
    });

    it('the provider\'s own 400 passes as it is', async () => {
      const body = '{\n  "error": {"message": "odd  spacing kept", "type": "invalid_request_error", "param": "x", "code": "some_code"}\n}';
      provider.on('test-400', (request, response) => sendJson(response, 400, body));
      const { client, calls } = clientOf(OpenAI, pulse);

      const error = await failure(ask(client, 'test-400'));

      assert.equal(error.status, 400);
      assert.equal(error.code, 'some_code');
      assert.equal(error.param, 'x');
      assert.equal(header(error, 'x-pulse-error-source'), 'provider');
      assert.equal(await (await pulse.chat({ model: 'test-400' })).text(), body);
      assert.equal(calls.length, 1);
    });

    it('the provider\'s 401 is 502 upstream_credentials without its words, one call', async () => {
      provider.on('test-401', (request, response) => sendJson(response, 401, { error: { message: 'Incorrect API key provided: sk-pro***cdef', type: 'invalid_request_error', param: null, code: 'invalid_api_key' } }));
      const { client, calls } = clientOf(OpenAI, pulse);

      const error = await failure(ask(client, 'test-401'));

      assert.equal(error.status, 502);
      assert.equal(error.code, 'upstream_credentials');
      assert.ok(!error.message.includes('cdef'));
      assert.equal(calls.length, 1);
    });

    it('the provider\'s 429 and 503 are retried by the client until it answers', async () => {
      const model = `test-recovers-${index}`;
      const answers = [429, 503];
      provider.on(model, (request, response) => {
        const status = answers.shift();
        return status ? sendJson(response, status, { error: { message: 'slow down', type: 'server_error', param: null, code: null } }, { 'retry-after-ms': '20' })
          : answerNormally(request, response);
      });
      const { client, calls } = clientOf(OpenAI, pulse);

      const answer = await ask(client, model);

      assert.equal(answer.choices[0].message.content, 'Hello from the provider.');
      assert.equal(calls.length, 3);
    });

    it('a stream that is cut is an error, never an end', async () => {
      provider.on('test-cut', (request, response) => {
        sseHead(response);
        for (const event of streamEvents('test-cut', ['half', 'way']).slice(0, 2)) response.write(event);
        setImmediate(() => response.socket.destroy());
      });
      const { client } = clientOf(OpenAI, pulse, { maxRetries: 0 });

      const { data, response } = await ask(client, 'test-cut', { stream: true }).withResponse();

      await assert.rejects(collect(data));
      assert.equal((await pulse.record(response.headers.get('x-pulse-request-id'))).outcome, 'cut');
    });

    it('a stream that ends cleanly before its terminator is an error too', async () => {
      provider.on('test-short', (request, response) => {
        sseHead(response);
        for (const event of streamEvents('test-short', ['half', 'way'], { done: false }).slice(0, 2)) response.write(event);
        response.end();
      });
      const { client } = clientOf(OpenAI, pulse, { maxRetries: 0 });

      await assert.rejects(async () => collect(await ask(client, 'test-short', { stream: true })));
    });

    it('an error inside a stream is thrown', async () => {
      provider.on('test-inner-error', (request, response) => {
        sseHead(response);
        response.write(streamEvents('test-inner-error', ['half'])[0]);
        response.write('data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}\n\n');
        response.end();
      });
      const { client } = clientOf(OpenAI, pulse, { maxRetries: 0 });

      await assert.rejects(async () => collect(await ask(client, 'test-inner-error', { stream: true })), /server had an error/i);
    });
  });
});

async function openAiError(answer) {
  const { error } = await answer.json();
  assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
  assert.equal(typeof error.message, 'string');
  assert.ok(error.message.length > 10, error.message);
  return error;
}

describe('without a client', () => {
  it('a malformed key and an unknown one get byte-equal answers, no key a 401 as well', async () => {
    const bodies = [];
    for (const key of [null, 'abc', 'sk-pulse-short', keyNamed('unknown')]) {
      const answer = await pulse.chat({ model: 'gpt-4o-mini' }, { key });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get('x-should-retry'), 'false');
      bodies.push(await answer.text());
    }
    assert.equal(new Set(bodies.slice(1)).size, 1, bodies.join('\n'));
  });

  it('a budget that is used up says when there is a new one, and costs nothing any more', async () => {
    const usage = { prompt_tokens: 5_000, completion_tokens: 2_400, total_tokens: 7_400 }; // 0.0098 USD of 0.01
    provider.on('test-dear', (request, response) => sendJson(response, 200, completion('test-dear', 'x', usage)));
    const ask = () => pulse.chat({ model: 'test-dear', max_tokens: 2_000 }, { key: keyNamed('cent') });

    const first = await ask();
    await first.text();
    const second = await ask();

    assert.equal(first.status, 200);
    assert.ok(sameMoney(first.headers.get('x-pulse-cost'), '0.0098'));
    assert.equal(second.status, 429);
    assert.equal((await openAiError(second)).code, 'insufficient_quota');
    const resetAt = new Date(second.headers.get('x-pulse-reset-at'));
    assert.ok(resetAt > new Date() && resetAt.getUTCDate() === 1 && resetAt.getUTCHours() === 0, String(resetAt));
    assert.equal(second.headers.get('retry-after'), null);
    assert.equal(provider.asked('test-dear').length, 1);
    const record = await pulse.record(second.headers.get('x-pulse-request-id'), keyNamed('cent'));
    assert.equal(Number(record.cost), 0);
    assert.equal(record.outcome, 'refused');
  });

  it('an unreachable provider: 502 upstream_unavailable', async () => {
    const answer = await pulse.chat({ model: 'away-1' });

    assert.equal(answer.status, 502);
    assert.equal((await openAiError(answer)).code, 'upstream_unavailable');
    const record = await pulse.record(answer.headers.get('x-pulse-request-id'));
    assert.equal(record.outcome, 'upstream_failed');
    assert.equal(Number(record.cost), 0);
  });

  it('an answer that is not HTTP: 502 upstream_bad_answer', async () => {
    provider.on('test-garbage', (request, response) => { response.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'); });

    const answer = await pulse.chat({ model: 'test-garbage' });

    assert.equal(answer.status, 502);
    assert.equal((await openAiError(answer)).code, 'upstream_bad_answer');
  });

  it('a connection that the provider closes before a byte: 502', async () => {
    provider.on('test-close', (request, response) => { response.socket.destroy(); });

    const answer = await pulse.chat({ model: 'test-close' });

    assert.equal(answer.status, 502);
    await openAiError(answer);
  });

  it('a buffered answer that is cut: 502, not half an answer', async () => {
    provider.on('test-half', (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
      response.write('{"id":"half');
      setImmediate(() => response.socket.destroy());
    });

    const answer = await pulse.chat({ model: 'test-half' });

    assert.equal(answer.status, 502);
    assert.equal((await openAiError(answer)).code, 'upstream_bad_answer');
  });

  it('a body that is too large: 413 before it is read', async () => {
    const answer = await pulse.chat({ model: 'gpt-4o-mini', padding: 'x'.repeat(2 << 20) }).catch((error) => error);

    // A client that is still sending may see the close first; what it sees otherwise is the answer.
    if (answer instanceof Response) {
      assert.equal(answer.status, 413);
      assert.equal((await openAiError(answer)).code, 'request_too_large');
    }
    const { text } = await pulse.raw(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${keyNamed('main')}\r\ncontent-type: application/json\r\ncontent-length: 2097152\r\nexpect: 100-continue\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 413 /);
    assert.ok(!text.includes('100 Continue'));
  });

  it('more tokens than the key may ask for at once: 400 max_tokens_exceeded', async () => {
    const answer = await pulse.chat({ model: 'gpt-4o-mini', max_tokens: 500 }, { key: keyNamed('cheap') });

    assert.equal(answer.status, 400);
    assert.equal((await openAiError(answer)).code, 'max_tokens_exceeded');
  });

  it('more requests at once than the key may have: 429, and room again afterwards', async () => {
    let release;
    let arrived;
    const started = new Promise((resolve) => { arrived = resolve; });
    provider.on('test-slow', async (request, response) => {
      arrived();
      await new Promise((resolve) => { release = resolve; });
      answerNormally(request, response);
    });
    const key = keyNamed('one');

    const first = pulse.chat({ model: 'test-slow' }, { key });
    await started;
    const second = await pulse.chat({ model: 'gpt-4o-mini' }, { key });
    release();

    assert.equal(second.status, 429);
    assert.equal((await openAiError(second)).code, 'rate_limit_exceeded');
    assert.equal((await first).status, 200);
    await (await first).text();
    assert.equal((await pulse.chat({ model: 'gpt-4o-mini' }, { key })).status, 200);
  });

  it('keys that providers would read differently: 400', async () => {
    for (const body of [
      '{"model":"gpt-4o-mini","model":"gpt-4o","messages":[]}',
      '{"model":"gpt-4o-mini","messages":[],"mod\\u0065l":"gpt-4o"}',
      '{"model":"gpt-4o-mini","messages":[],"Model":"gpt-4o"}',
      '{"model":"gpt-4o-mini","messages":[],"max_tokens":1,"max_tokens":100000}',
      '{"model":"gpt-4o-mini","messages":[],"stream":false,"stream":true}',
    ]) {
      const answer = await pulse.post('/v1/chat/completions', body);
      assert.equal(answer.status, 400, body);
      assert.equal((await openAiError(answer)).type, 'invalid_request_error');
    }
  });

  it('bodies that are not the JSON that is wanted: 400', async () => {
    for (const body of ['', '{', '[]', '"x"', '{"model":"gpt-4o-mini","messages":[]} x', '{"messages":[]}', '{"model":"","messages":[]}', '{"model":"gpt-4o-mini","messages":[],"stream":"yes"}', '\xff\xfe', '{"a":'.repeat(3000)]) {
      const answer = await pulse.post('/v1/chat/completions', body);
      assert.equal(answer.status, 400, body.slice(0, 60));
      assert.equal((await openAiError(answer)).type, 'invalid_request_error');
    }
  });

  it('an unknown path says which there are', async () => {
    const answer = await pulse.post('/v1/no/such/path', {});

    assert.equal(answer.status, 404);
    assert.match((await openAiError(answer)).message, /\/v1\/chat\/completions/);
  });

  it('the wrong method: 405', async () => {
    const answer = await fetch(`${pulse.baseURL}/chat/completions`, { headers: { authorization: `Bearer ${keyNamed('main')}` } });

    assert.equal(answer.status, 405);
    await openAiError(answer);
  });

  it('every refusal of a key that was recognised has its row', async () => {
    const answer = await pulse.chat({ model: 'no-such-model' });

    const record = await pulse.record(answer.headers.get('x-pulse-request-id'));
    assert.equal(record.status, 404);
    assert.equal(record.outcome, 'refused');
  });
});
