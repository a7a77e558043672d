// Clients that speak several dialects or a small one, and what all programs may try.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';

import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { embed, generateText, streamText } from 'ai';
import OpenAI6 from 'openai6';
import { ResponsesWS as ResponsesWS6 } from 'openai6/resources/responses/ws';
import OpenAI7 from 'openai7';
import { ResponsesWS as ResponsesWS7 } from 'openai7/resources/responses/ws';

import { assertBilled, cohereClient, HI, startDialects } from './dialect_providers.mjs';
import { STREAMED, TEXT } from './fake_dialects.mjs';
import { KEY, SLOWNESS } from './pulse_process.mjs';

const CLAUDE = 'claude-e2e-1';  // a real one would be deprecated some day, and the SDK would say so each time

let provider;
let pulse;
before(async () => { ({ provider, pulse } = await startDialects()); });
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

describe('ai 7', () => {
  const MODELS = {
    'openai responses': () => createOpenAI({ baseURL: pulse.baseURL, apiKey: KEY }).responses('gpt-4o-mini'),
    'openai chat': () => createOpenAI({ baseURL: pulse.baseURL, apiKey: KEY }).chat('gpt-4o-mini'),
    'anthropic': () => createAnthropic({ baseURL: pulse.baseURL, apiKey: KEY })(CLAUDE),
    'bedrock': () => createAmazonBedrock({ baseURL: pulse.origin, region: 'us-east-1', apiKey: KEY })('anthropic.claude-3-5-sonnet-20240620-v1:0'),
    'anthropic under its mount': () => createAnthropic({ baseURL: `${pulse.origin}/anthropic/v1`, apiKey: KEY })(CLAUDE),
  };
  for (const [name, model] of Object.entries(MODELS)) {
    it(`${name}: text, and text as a stream`, async () => {
      const { text, usage, response } = await generateText({ model: model(), prompt: 'hi', maxRetries: 0 });
      assert.equal(text, TEXT);
      assert.deepEqual([usage.inputTokens, usage.outputTokens], [12, 5]);
      const dialect = name.split(' ')[0];
      await assertBilled(pulse, response.headers['x-pulse-request-id'], { dialect });

      const streamed = streamText({ model: model(), prompt: 'hi', maxRetries: 0 });
      assert.equal(await streamed.text, STREAMED);
      assert.equal((await streamed.usage).outputTokens, 5);
      await assertBilled(pulse, (await streamed.response).headers['x-pulse-request-id'], { dialect, stream: true });
      if (dialect === 'bedrock') assert.equal(provider.last.url, '/model/anthropic.claude-3-5-sonnet-20240620-v1%3A0/converse-stream');
    });
  }

  it('embeds', async () => {
    const { embedding, usage } = await embed({ model: createOpenAI({ baseURL: pulse.baseURL, apiKey: KEY }).embedding('text-embedding-3-small'), value: 'hi' });

    assert.deepEqual(embedding, [0.25, -0.5]);
    assert.equal(usage.tokens, 12);
  });
});

describe('cohere-ai', () => {
  it('chats, also as a stream, embeds and reranks', async () => {
    const cohere = cohereClient(pulse);

    const answer = await cohere.chat({ model: 'command-a-03-2025', messages: HI });
    assert.equal(answer.message.content[0].text, TEXT);
    let text = '';
    for await (const event of await cohere.chatStream({ model: 'command-a-03-2025', messages: HI })) {
      if (event.type === 'content-delta') text += event.delta.message.content.text;
    }
    assert.equal(text, STREAMED);
    const embedded = await cohere.embed({ model: 'embed-v4.0', texts: ['hi'], inputType: 'search_query', embeddingTypes: ['float'] });
    assert.deepEqual(embedded.embeddings.float, [[0.25, -0.5]]);
    assert.equal((await cohere.rerank({ model: 'rerank-v3.5', query: 'a', documents: ['b'] })).results[0].index, 0);
  });
});

describe('paths that mint access or pass the meter by', () => {
  for (const path of ['/v1/realtime/client_secrets', '/v1/realtime/sessions', '/v1/fine_tuning/jobs', '/v1/organization/costs', '/v1/chatkit/sessions', '/v1beta/auth_tokens', '/providers/openai/v1/organization/admin_api_keys']) {
    it(`${path} is closed`, async () => {
      const before = provider.requests.length;

      const answer = await pulse.post(path, {});

      assert.equal(answer.status, 403, await answer.text());
      assert.equal(provider.requests.length, before);
    });
  }
});

describe('what programs try before they ask anything', () => {
  it('GET and HEAD of / answer without a key', async () => {
    for (const method of ['GET', 'HEAD']) assert.equal((await fetch(`${pulse.origin}/`, { method })).status, 200);
  });

  it('a WebSocket on /v1/responses is told at once that there is none', async () => {
    const { text } = await pulse.raw(
      `GET /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      { enough: (got) => got.includes('\r\n\r\n') });

    assert.match(text, /^HTTP\/1\.1 426 /);
  });

  for (const [major, OpenAI, ResponsesWS] of [[6, OpenAI6, ResponsesWS6], [7, OpenAI7, ResponsesWS7]]) {
    it(`so is ResponsesWS of openai ${major}, which then ends`, async () => {
      const before = provider.requests.length;
      const begun = performance.now();
      const session = new ResponsesWS(new OpenAI({ baseURL: pulse.baseURL, apiKey: KEY }));

      const error = await new Promise((resolve) => { session.on('error', resolve); });

      assert.match(error.message, /426/);
      assert.ok(performance.now() - begun < 3_000 * SLOWNESS);
      assert.equal(provider.requests.length, before);
    });
  }

  it('an unknown path is a 404 in its dialect that names a way', async () => {
    for (const [path, check] of [
      ['/v1/nonsense', (body) => body.error.message],
      ['/anthropic/v1/nonsense', (body) => body.type === 'error' && body.error.message],
      ['/gemini/v1beta/nonsense', (body) => body.error.status === 'NOT_FOUND' && body.error.message],
    ]) {
      const answer = await pulse.post(path, {});
      assert.equal(answer.status, 404, path);
      assert.match(check(await answer.json()), /\/providers\//, path);
    }
  });
});
