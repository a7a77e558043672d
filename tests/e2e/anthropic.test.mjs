// Anthropic's official client in two majors, unchanged: what its users see, what the provider was sent, what was billed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ANTHROPICS, assertBilled, HI, REQUEST_IDS, startDialects, watched } from './dialect_providers.mjs';
import { STREAMED, TEXT } from './fake_dialects.mjs';
import { sendJson } from './fake_provider.mjs';
import { KEY, keyNamed } from './pulse_process.mjs';

const CLAUDE = 'claude-e2e-1';  // a real one would be deprecated some day, and the SDK would say so each time

let provider;
let pulse;
before(async () => { ({ provider, pulse } = await startDialects({ keys: { other: {}, slow: { requests_per_minute: 1 } } })); });
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

for (const { name, Anthropic } of ANTHROPICS) {
  describe(name, () => {
    const client = (options = {}) => {
      const seen = watched();
      return { ...seen, client: new Anthropic({ baseURL: pulse.origin, apiKey: KEY, authToken: null, maxRetries: 0, fetch: seen.fetch, ...options }) };
    };
    const ask = { model: CLAUDE, max_tokens: 100, messages: HI };

    it('gets a message, with the provider\'s request id', async () => {
      const { client: anthropic, answers } = client();

      const message = await anthropic.messages.create(ask);

      assert.equal(message.content[0].text, TEXT);
      assert.equal(message._request_id, REQUEST_IDS['request-id']);
      assert.deepEqual([message.usage.input_tokens, message.usage.output_tokens], [12, 5]);
      await assertBilled(pulse, answers[0].id, { dialect: 'anthropic' });
    });

    it('streams a message', async () => {
      const { client: anthropic, answers } = client();

      const stream = anthropic.messages.stream(ask);
      let text = '';
      stream.on('text', (delta) => { text += delta; });
      const message = await stream.finalMessage();

      assert.equal(text, STREAMED);
      assert.equal(message.stop_reason, 'end_turn');
      assert.equal(message.usage.output_tokens, 5);
      await assertBilled(pulse, answers[0].id, { dialect: 'anthropic', stream: true });
    });

    it('signs in with a token as well, and is never itself at the provider', async () => {
      const { client: anthropic } = client({ apiKey: null, authToken: KEY });

      assert.equal((await anthropic.messages.create(ask)).content[0].text, TEXT);

      assert.ok(!JSON.stringify(provider.last.headers).includes(KEY));
    });

    it('is sent on with its version and betas as it wrote them', async () => {
      const { client: anthropic, answers } = client();

      await anthropic.beta.messages.create({ ...ask, betas: ['context-1m-2025-08-07', 'made-up-2026-01-01'] });

      const sent = new Headers(answers[0].request[1].headers);
      assert.equal(provider.last.headers['anthropic-beta'], sent.get('anthropic-beta'));
      assert.match(provider.last.headers['anthropic-beta'], /context-1m-2025-08-07.*made-up-2026-01-01/);
      assert.equal(provider.last.headers['anthropic-version'], sent.get('anthropic-version'));
      assert.equal(provider.last.url, String(answers[0].request[0]).slice(pulse.origin.length));
    });

    it('counts tokens at no cost', async () => {
      const { client: anthropic, answers } = client();

      assert.equal((await anthropic.messages.countTokens({ model: CLAUDE, messages: HI })).input_tokens, 14);

      assert.equal(Number((await pulse.record(answers[0].id)).cost), 0);
    });

    it('pages through the models', async () => {
      const { client: anthropic, answers } = client();

      const ids = [];
      for await (const model of anthropic.models.list({ limit: 2 })) {
        ids.push(model.id);
        assert.ok(ids.length < 50, 'the pages do not end');
      }

      assert.deepEqual(ids.filter((id) => /^claude-[abc]$/.test(id)).sort(), ['claude-a', 'claude-b', 'claude-c']);
      assert.equal(new Set(ids).size, ids.length, 'a model came twice');
      assert.ok(answers.length > 1, 'it was one page');
      assert.equal((await anthropic.models.retrieve('claude-a')).type, 'model');
    });

    it('has its own types of errors', async () => {
      const { client: anthropic } = client();
      const stranger = client({ apiKey: keyNamed('nobody') }).client;

      await assert.rejects(anthropic.messages.create({ ...ask, model: 'no-such-model' }), (error) =>
        error instanceof Anthropic.NotFoundError && error.error.type === 'error' && error.error.error.type === 'not_found_error');
      await assert.rejects(stranger.messages.create(ask), (error) =>
        error instanceof Anthropic.AuthenticationError && error.error.error.type === 'authentication_error');
    });

    it('gets the provider\'s error as it is', async () => {
      const { client: anthropic } = client();
      const body = { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: too large' }, request_id: 'req_e2e_anthropic' };

      await provider.instead((_, response) => sendJson(response, 400, body, REQUEST_IDS) ?? true, () =>
        assert.rejects(anthropic.messages.create(ask), (error) => {
          assert.ok(error instanceof Anthropic.BadRequestError);
          assert.deepEqual(error.error, body);
          assert.equal(error.requestID ?? error.request_id, REQUEST_IDS['request-id']);
          return true;
        }));
      // Synthetic: nobody has published a recording of it.
      await provider.instead((_, response) => sendJson(response, 529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }) ?? true, () =>
        assert.rejects(anthropic.messages.create(ask), (error) => error.status === 529 && error.error.error.type === 'overloaded_error'));
    });

    it('is told the provider\'s refusal of our key as a fault of ours', async () => {
      const { client: anthropic } = client();

      await provider.instead((_, response) => sendJson(response, 401, { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } }) ?? true, () =>
        assert.rejects(anthropic.messages.create(ask), (error) =>
          error.status === 502 && error.error.error.type === 'api_error' && error.headers.get('x-should-retry') === 'false'));
    });

    it('has batches of its own that no other key sees', async () => {
      const id = `msgbatch_${name.replace(/\W/g, '')}`;
      const { client: anthropic } = client();
      const { client: other } = client({ apiKey: keyNamed('other') });
      const batch = { id, type: 'message_batch', processing_status: 'in_progress', request_counts: {}, results_url: null };

      await provider.instead((request, response) => {
        if (!request.url.startsWith('/v1/messages/batches')) return false;
        sendJson(response, 200, request.method === 'GET' && request.url.split('?')[0].endsWith('/batches') ? { data: [batch], has_more: false, first_id: id, last_id: id } : batch);
        return true;
      }, async () => {
        assert.equal((await anthropic.messages.batches.create({ requests: [{ custom_id: 'a', params: ask }] })).id, id);
        assert.equal((await anthropic.messages.batches.retrieve(id)).id, id);
        await assert.rejects(other.messages.batches.retrieve(id), Anthropic.NotFoundError);
        assert.deepEqual((await anthropic.messages.batches.list()).data.map((item) => item.id), [id]);
        assert.deepEqual((await other.messages.batches.list()).data, []);
      });
    });
  });
}

it('a rate limit is Anthropic\'s error with its own headers', async () => {
  const seen = watched();
  const anthropic = new ANTHROPICS[1].Anthropic({ baseURL: pulse.origin, apiKey: keyNamed('slow'), maxRetries: 0, fetch: seen.fetch });
  const ask = { model: CLAUDE, max_tokens: 100, messages: HI };
  await anthropic.messages.create(ask);

  await assert.rejects(anthropic.messages.create(ask), (error) => {
    assert.ok(error instanceof ANTHROPICS[1].Anthropic.RateLimitError);
    assert.equal(error.error.error.type, 'rate_limit_error');
    assert.ok(Number(error.headers.get('retry-after')) > 0);
    assert.match(error.headers.get('anthropic-ratelimit-requests-reset'), /^\d{4}-\d\d-\d\dT/);
    assert.equal(error.headers.get('anthropic-ratelimit-requests-limit'), '1');
    return true;
  });
});

it('a raw Anthropic call without a version is sent on with one', async () => {
  const answer = await pulse.post('/v1/messages', { model: CLAUDE, max_tokens: 10, messages: HI });

  assert.equal(answer.status, 200);
  assert.equal(provider.last.headers['anthropic-version'], '2023-06-01');
});
