// What a program that uses OpenAI's client sees when only its baseURL changed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { CLIENTS, clientOf, collect, MESSAGES } from './clients.mjs';
import { FakeProvider, PROVIDER_KEY, sseHead, streamEvents, USAGE, USAGE_COST } from './fake_provider.mjs';
import { KEY, keyNamed, providerAt, Pulse, sameMoney, until } from './pulse_process.mjs';

let provider;
let pulse;

before(async () => {
  provider = await new FakeProvider().start();
  pulse = await Pulse.start({
    config: { providers: { fake: providerAt(provider) } },
    keys: { narrow: { allowed_models: ['gpt-4o-mini'] } },
  });
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

for (const { name, OpenAI } of CLIENTS) {
  describe(name, () => {
    it('gets a buffered answer with its exact cost, and the same cost by id', async () => {
      const { client } = clientOf(OpenAI, pulse);

      const { data, response, request_id } = await client.chat.completions
        .create({ model: 'gpt-4o-mini', messages: MESSAGES }).withResponse();

      assert.equal(data.choices[0].message.content, 'Hello from the provider.');
      assert.deepEqual(data.usage, USAGE);
      assert.ok(request_id === undefined || request_id === 'req_e2e_provider');
      assert.equal(response.headers.get('x-request-id'), 'req_e2e_provider');
      assert.equal(response.headers.get('x-pulse-provider'), 'fake');
      assert.equal(response.headers.get('x-pulse-model'), 'gpt-4o-mini');
      assert.equal(response.headers.get('x-pulse-attempts'), '1');
      assert.equal(response.headers.get('x-pulse-cost-status'), 'exact');
      const cost = response.headers.get('x-pulse-cost');
      assert.ok(sameMoney(cost, USAGE_COST), cost);
      assert.ok(sameMoney(response.headers.get('x-litellm-response-cost'), USAGE_COST));
      const id = response.headers.get('x-pulse-request-id');
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(response.headers.get('x-litellm-call-id'), id);
      const record = await pulse.record(id);
      assert.equal(record.id, id);
      assert.equal(record.cost, cost);
      assert.equal(record.status, 200);
      assert.equal(record.outcome, 'answered');
      assert.equal(record.provider, 'fake');
      assert.equal(record.team, 'search');
      assert.equal(record.billable.input_uncached, 12);
      assert.equal(record.billable.output_total, 5);
      assert.equal(record.usage_source, 'provider');
      assert.equal(record.attempts.length, 1);
    });

    it('gets a stream, and is not shown the usage that it did not ask for', async () => {
      const { client } = clientOf(OpenAI, pulse);

      const { data, response } = await client.chat.completions
        .create({ model: 'gpt-4o-mini', messages: MESSAGES, stream: true }).withResponse();
      const { chunks, text } = await collect(data);

      assert.equal(text, 'Hello from the stream.');
      assert.ok(chunks.every((chunk) => chunk.choices.length === 1 && !chunk.usage));
      assert.equal(provider.requests.at(-1).json.stream_options.include_usage, true);
      const record = await pulse.record(response.headers.get('x-pulse-request-id'));
      assert.ok(sameMoney(record.cost, USAGE_COST), record.cost);
      assert.equal(record.stream, true);
    });

    it('gets the usage chunk that it asked for, with the cost as a number', async () => {
      const { client } = clientOf(OpenAI, pulse);

      const { chunks, text } = await collect(await client.chat.completions.create({
        model: 'gpt-4o-mini', messages: MESSAGES, stream: true, stream_options: { include_usage: true },
      }));

      assert.equal(text, 'Hello from the stream.');
      assert.deepEqual(chunks.at(-1).choices, []);
      const { cost, ...usage } = chunks.at(-1).usage;
      assert.deepEqual(usage, USAGE);
      assert.equal(typeof cost, 'number');
      assert.equal(cost, Number(USAGE_COST));
    });

    it('aborts in the middle of a stream, and the provider is told', async () => {
      const model = `test-abort-${name.at(-1)}`;
      let providerSawClose;
      provider.on(model, async (request, response) => {
        providerSawClose = new Promise((resolve) => { response.on('close', () => resolve(response.writableEnded)); });
        sseHead(response);
        for (const event of streamEvents(model, ['one', 'two']).slice(0, 3)) response.write(event);
      });
      const { client } = clientOf(OpenAI, pulse);

      const { data, response } = await client.chat.completions
        .create({ model, messages: MESSAGES, stream: true }).withResponse();
      let seen = '';
      for await (const chunk of data) {
        seen += chunk.choices[0].delta.content;
        if (seen === 'onetwo') break;
      }

      assert.equal(await providerSawClose, false);
      const record = await pulse.record(response.headers.get('x-pulse-request-id'));
      assert.equal(record.outcome, 'caller_gone');
      assert.notEqual(Number(record.cost), 0);
    });

    it('may hang up at [DONE]: it was answered, although the provider\'s connection is still open', async () => {
      const model = `test-done-${name.at(-1)}`;
      let providersEnd;
      provider.on(model, (request, response) => {
        providersEnd = () => response.end();
        sseHead(response);
        response.write(streamEvents(model, ['all'], { includeUsage: true }).join(''));
      });
      const { client } = clientOf(OpenAI, pulse);

      const { data, response } = await client.chat.completions
        .create({ model, messages: MESSAGES, stream: true }).withResponse();
      const { text } = await collect(data);
      data.controller.abort();

      assert.equal(text, 'all');
      const record = await pulse.record(response.headers.get('x-pulse-request-id'));
      assert.equal(record.outcome, 'answered');
      assert.ok(sameMoney(record.cost, USAGE_COST), record.cost);
      providersEnd();
    });

    it('makes embeddings', async () => {
      const { client } = clientOf(OpenAI, pulse);

      const { data, response } = await client.embeddings
        .create({ model: 'text-embedding-3-small', input: ['a', 'b'] }).withResponse();

      assert.deepEqual(data.data.map((one) => Array.from(one.embedding)), [[0.25, -0.5, 1], [0.25, -0.5, 1]]);
      assert.ok(sameMoney(response.headers.get('x-pulse-cost'), '0.000008'));
    });

    it('makes a legacy completion', async () => {
      const { client } = clientOf(OpenAI, pulse);

      const answer = await client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Once' });

      assert.equal(answer.choices[0].text, ' there was a test.');
    });

    it('lists the models that its key may use', async () => {
      const all = await collectPages(clientOf(OpenAI, pulse).client.models.list());
      const few = await collectPages(clientOf(OpenAI, pulse, { key: keyNamed('narrow') }).client.models.list());

      assert.ok(all.some((model) => model.id === 'gpt-4o-mini' && model.object === 'model'));
      assert.ok(all.some((model) => model.id === 'gpt-4o'));
      assert.ok(few.length >= 1 && few.every((model) => model.id.split('/').at(-1) === 'gpt-4o-mini'), JSON.stringify(few));
    });

    it('retrieves one model, and is told when there is none', async () => {
      const { client } = clientOf(OpenAI, pulse);

      assert.equal((await client.models.retrieve('gpt-4o-mini')).id, 'gpt-4o-mini');
      await assert.rejects(client.models.retrieve('no-such-model'), { status: 404, code: 'model_not_found' });
    });
  });
}

async function collectPages(page) {
  const models = [];
  for await (const model of page) models.push(model);
  return models;
}

describe('the request that the provider gets', () => {
  it('is the caller\'s bytes but for the key', async () => {
    const body = '{"model":"gpt-4o-mini" , "messages":[{"role":"user","content":"\\u00e9 \u{1F600}"}],\n "unknown_field":{"a":[1.0,2e3]},"max_tokens":7}';

    const answer = await pulse.post('/v1/chat/completions', body, {
      headers: {
        'x-stainless-lang': 'js', 'openai-beta': 'x=1', 'openai-organization': 'org-ours', 'openai-project': 'proj-theirs',
        cookie: 'a=b', 'x-forwarded-for': '10.0.0.1', 'x-pulse-team': 'search', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'idempotency-key': 'abc', 'x-unrelated': KEY,
      },
    });
    await answer.arrayBuffer();

    const seen = provider.requests.at(-1);
    assert.equal(seen.bytes.toString(), body);
    assert.equal(seen.url, '/v1/chat/completions');
    assert.equal(seen.headers.authorization, `Bearer ${PROVIDER_KEY}`);
    assert.equal(seen.headers['x-stainless-lang'], 'js');
    assert.equal(seen.headers['openai-beta'], 'x=1');
    assert.equal(seen.headers['idempotency-key'], 'abc');
    assert.match(seen.headers.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-/);
    for (const absent of ['openai-organization', 'openai-project', 'cookie', 'x-forwarded-for', 'x-pulse-team']) {
      assert.equal(seen.headers[absent], undefined, absent);
    }
    assert.ok(!JSON.stringify(seen.rawHeaders).includes(KEY), 'the caller\'s key must not reach a provider');
  });

  it('names the model without its provider', async () => {
    const answer = await pulse.chat({ model: 'fake/gpt-4o-mini' });

    assert.equal(answer.status, 200);
    assert.equal(provider.requests.at(-1).json.model, 'gpt-4o-mini');
  });

  it('keeps the other stream options when the usage option is put in', async () => {
    for (const [asked, sent] of [
      [undefined, { include_usage: true }],
      [null, { include_usage: true }],
      [{}, { include_usage: true }],
      [{ include_usage: false }, { include_usage: true }],
      [{ include_obfuscation: false }, { include_obfuscation: false, include_usage: true }],
    ]) {
      const answer = await pulse.chat({ model: 'gpt-4o-mini', stream: true, stream_options: asked });
      const text = await answer.text();

      assert.deepEqual(provider.requests.at(-1).json.stream_options, sent);
      assert.ok(!text.includes('prompt_tokens') && text.endsWith('data: [DONE]\n\n'), text);
    }
  });
});

describe('the answer that the caller gets', () => {
  it('has the provider\'s own limits under another name, and nothing of our account', async () => {
    provider.on('test-headers', (request, response) => {
      sseHead(response, {
        'x-ratelimit-remaining-requests': '41', 'openai-organization': 'our-org', 'set-cookie': 'a=b', 'alt-svc': 'h3', 'openai-version': '2020-10-01',
      });
      for (const event of streamEvents('test-headers', ['x'])) response.write(event);
      response.end();
    });

    const answer = await pulse.chat({ model: 'test-headers', stream: true });
    await answer.text();

    assert.equal(answer.headers.get('llm_provider-x-ratelimit-remaining-requests'), '41');
    assert.equal(answer.headers.get('openai-version'), '2020-10-01');
    for (const absent of ['openai-organization', 'set-cookie', 'alt-svc']) assert.equal(answer.headers.get(absent), null, absent);
    assert.match(answer.headers.get('cache-control'), /no-cache/);
    assert.equal(answer.headers.get('x-accel-buffering'), 'no');
  });

  it('tells the key what it may do and has spent', async () => {
    const answer = await fetch(`${pulse.baseURL}/pulse/key`, { headers: { authorization: `Bearer ${keyNamed('narrow')}` } });

    assert.equal(answer.status, 200);
    const text = await answer.text();
    assert.ok(text.includes('gpt-4o-mini') && !text.includes(keyNamed('narrow')), text);
  });

  it('shows a request to the key that made it only', async () => {
    const answer = await pulse.chat({ model: 'gpt-4o-mini' });
    const id = answer.headers.get('x-pulse-request-id');
    await pulse.record(id);

    const other = await fetch(`${pulse.baseURL}/pulse/requests/${id}`, { headers: { authorization: `Bearer ${keyNamed('narrow')}` } });

    assert.equal(other.status, 404);
  });
});

describe('a key', () => {
  it('is taken from every place where clients put it', async () => {
    for (const headers of [
      { authorization: `Bearer ${KEY}` }, { 'x-api-key': KEY }, { 'api-key': KEY }, { 'x-goog-api-key': KEY }, { 'x-pulse-key': KEY },
      { authorization: 'Bearer something-else', 'x-api-key': KEY },
    ]) {
      const answer = await pulse.chat({ model: 'gpt-4o-mini' }, { key: null, headers });
      assert.equal(answer.status, 200, JSON.stringify(Object.keys(headers)));
    }
  });
});

describe('the ledger', () => {
  it('counts what was asked in the metrics too', async () => {
    const labels = { dialect: 'openai', provider: 'fake', status: '200' };
    const before = await pulse.metric('pulse_requests_total', labels);

    await pulse.chat({ model: 'gpt-4o-mini' });

    await until('pulse_requests_total went up by one',
      async () => (await pulse.metric('pulse_requests_total', labels)) === before + 1);
  });
});
