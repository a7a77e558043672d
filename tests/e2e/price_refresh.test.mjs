// Prices that are fetched while the gateway runs: a good catalogue goes live, a bad one changes nothing and touches no request.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';

import { FakeProvider } from './fake_provider.mjs';
import { providerAt, Pulse, until } from './pulse_process.mjs';

const model = (input, output) => ({ litellm_provider: 'openai', mode: 'chat', input_cost_per_token: input, output_cost_per_token: output });
const GOOD = JSON.stringify({ 'gpt-4o': model(3e-6, 12e-6), 'gpt-4o-mini': model(0.15e-6, 0.6e-6) });

let provider;
let source; // where prices come from; `answer` is what it does
let answer;
let asked = [];

before(async () => {
  provider = await new FakeProvider().start();
  source = http.createServer((request, response) => {
    asked.push(request.headers);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(source, 'listening');
});
after(async () => {
  await provider?.stop();
  source.closeAllConnections();
  source.close();
});

const start = () => {
  asked = [];
  const url = `http://127.0.0.1:${source.address().port}/prices.json`;
  const openai = providerAt(provider);
  delete openai.prices;
  return Pulse.start({ config: { providers: { openai }, pricing: { refresh: { url, every: '1h' } } } });
};

/** What a million tokens of input cost now, by the estimate of a call with a long prompt. */
async function inputPrice(pulse) {
  const text = ' word'.repeat(20_000);
  const estimate = await pulse.post('/v1/pulse/estimate?api=completions', { model: 'gpt-4o', max_tokens: 0, prompt: text })
    .then((response) => response.json());
  assert.ok(estimate.cost, JSON.stringify(estimate));
  return Math.round(Number(estimate.cost.expected) / estimate.tokens.input * 1e6 * 1000) / 1000;
}

const counted = (pulse, result) => pulse.metric('pulse_pricing_refresh_total', { result });
const failing = (pulse) => pulse.metric('pulse_pricing_refresh_failing_seconds');

describe('prices', () => {
  it('that come newer are in force at once, and at the next start', async () => {
    answer = (request, response) => {
      const known = request.headers['if-none-match'] === '"v1"';
      response.writeHead(known ? 304 : 200, { etag: '"v1"' });
      response.end(known ? '' : GOOD);
    };
    const pulse = await start();
    await until('the new price is in force', async () => (await inputPrice(pulse)) === 3);
    await until('it is counted', async () => (await counted(pulse, 'newer')) === 1);
    assert.equal(await failing(pulse), 0);

    await pulse.kill('SIGTERM');
    answer = (request, response) => { response.writeHead(500).end(); };
    await pulse.launch();
    assert.equal(await inputPrice(pulse), 3);
    assert.equal((await pulse.chat({ model: 'gpt-4o' })).status, 200);
    await pulse.stop();
  });

  const bad = {
    'an error': { result: 'failed', act: (_, response) => { response.writeHead(500).end('no'); } },
    'a page of HTML': { result: 'unreadable', act: (_, response) => { response.end('<html>moved</html>'); } },
    'a file that is cut': { result: 'unreadable', act: (_, response) => { response.end(GOOD.slice(0, -20)); } },
    'a connection that breaks': {
      result: 'failed',
      act: (_, response) => {
        response.writeHead(200, { 'content-length': 1e6 });
        response.write(GOOD);
        setTimeout(() => response.destroy(), 50);
      },
    },
    'a price a hundred times as high': { result: 'refused', act: (_, response) => { response.end(GOOD.replace('0.000003', '0.00025')); } },
    'a negative price': { result: 'refused', act: (_, response) => { response.end(GOOD.replace('0.000003', '-0.000003')); } },
    'a file without a price': { result: 'unreadable', act: (_, response) => { response.end('{}'); } },
    'more than 8 MiB': { result: 'failed', act: (_, response) => { response.end(`{"pad":"${'x'.repeat(9 << 20)}"}`); } },
    silence: { result: 'failed', act: () => {}, seconds: 20 },
  };
  for (const [what, { result, act, seconds }] of Object.entries(bad)) {
    it(`stay as they were after ${what}`, async () => {
      answer = act;
      const pulse = await start();
      await until('it was asked', () => asked.length > 0);
      const began = Date.now();
      assert.equal((await pulse.chat({ model: 'gpt-4o' })).status, 200);
      assert.ok(Date.now() - began < 3000, 'a call does not wait for prices');
      await until(`the result is counted as ${result}`, async () => (await counted(pulse, result)) > 0, seconds);
      assert.ok((await failing(pulse)) > 0);
      assert.equal(await inputPrice(pulse), 2.5);
      assert.match(pulse.output, /the old ones stay/);
      await pulse.stop();
    });
  }
});
