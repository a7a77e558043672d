// Recorded exchanges with OpenAI's API through the running binary: the caller gets the recorded bytes, and the ledger the
// tokens that the recording's own usage says.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { FakeProvider, writeInPieces } from './fake_provider.mjs';
import { FIXTURES, providerAt, Pulse } from './pulse_process.mjs';

const folder = path.join(FIXTURES, 'providers');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => /^openai__(chat\.completions|embeddings)__/.test(name)) : [];

let provider;
let pulse;
let playing;

before(async () => {
  if (files.length === 0) return;
  provider = await new FakeProvider().start();
  provider.on = undefined;
  provider.scripts = { get: () => play };
  // No price of its own: the built-in catalogue must know these models.
  pulse = await Pulse.start({ config: { providers: { openai: providerAt(provider, { models: ['*'], prices: undefined }) } } });
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

async function play(request, response) {
  const { status, headers } = playing.response;
  const body = Buffer.from(playing.response.body_text ?? '');
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !['transfer-encoding', 'content-length', 'content-encoding', 'connection'].includes(name)));
  if (playing.response.framing === 'sse') {
    response.writeHead(status, kept);
    await writeInPieces(response, body, body.length);
    response.end();
  } else {
    response.writeHead(status, { ...kept, 'content-length': body.length });
    response.end(body);
  }
}

/** The classes that a recording can tell, zeros left out. */
const told = (billable) => Object.fromEntries(Object.entries(billable ?? {}).filter(([, count]) => count !== 0 && count !== null));

/** The stream with the cost that Pulse adds taken out again. */
const withoutCost = (text) => text.replace(/,\s*"cost":\s*[0-9.eE-]+\s*(?=\})/g, '');

describe('recorded OpenAI exchanges', { skip: files.length === 0 && 'no recordings beside this tree' }, () => {
  for (const file of files) {
    it(file, async () => {
      playing = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
      const { request, response, expected } = playing;

      const answer = await pulse.post(new URL(request.url).pathname, request.body ?? request.body_text);
      const text = await answer.text();

      if (response.status === 401) {
        assert.equal(answer.status, 502);
        return;
      }
      assert.equal(answer.status, response.status, text);
      const askedForUsage = request.body?.stream_options?.include_usage === true;
      assert.equal(askedForUsage ? withoutCost(text) : text, response.body_text);
      const record = await pulse.record(answer.headers.get('x-pulse-request-id'));
      assert.equal(record.status, response.status);
      assert.equal(record.stream, request.body?.stream === true);
      assert.equal(record.outcome, response.status === 200 ? 'answered' : 'provider_error');
      if (expected.billable) {
        assert.deepEqual(told(record.billable), told(expected.billable));
        assert.equal(record.usage_source, 'provider');
      } else if (response.status === 200) {
        assert.ok(['counted', 'estimated'].includes(record.usage_source), record.usage_source);
        assert.ok(Number(record.cost) > 0, 'nothing is silently free');
      } else {
        assert.equal(Number(record.cost), 0);
      }
      if (response.status === 200) {
        assert.ok(['exact', 'derived', 'estimated'].includes(record.cost_status), record.cost_status);
        assert.equal(record.model_served, expected.model);
      }
    });
  }
});
