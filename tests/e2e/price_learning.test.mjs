// A model that the catalogue does not know is estimated, counted, named in the log and listed; when the catalogue learns it,
// its calls are rated again by themselves and both values are kept.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';

import { FakeProvider } from './fake_provider.mjs';
import { providerAt, Pulse, until } from './pulse_process.mjs';

let provider;
let pulse;

before(async () => { provider = await new FakeProvider().start(); });
after(async () => { await provider?.stop(); });

const openai = () => {
  const entry = providerAt(provider);
  delete entry.prices;
  return entry;
};
const price = (price_class, usd) => ({ class: price_class, amount_pico: usd * 1e12, source: 'contract' });
const know = (...models) => {
  writeFileSync(path.join(pulse.folder, 'more.json'), JSON.stringify({
    schema: 1, version: 'more', sources: [{ name: 'contract', ref: 'offer 17', licence: 'own' }],
    models: models.map(([id, usd, aliases = []]) => ({ provider: 'openai', id, aliases, mode: 'chat', prices: [price('input', usd), price('output', usd)] })),
  }));
  pulse.rewriteConfig({ pricing: { catalog: ['more.json'] } });
};
async function call(model) {
  const answer = await pulse.chat({ model });
  assert.equal(answer.status, 200);
  const id = answer.headers.get('x-pulse-request-id');
  return { id, ...(await pulse.record(id)) };
}
const unpriced = (...words) => {
  const { status, stdout, stderr } = pulse.cli('prices', 'list', '--unpriced', '--json', ...words);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout).models;
};
const history = (id) => {
  const database = new DatabaseSync(pulse.database, { readOnly: true });
  try {
    return database.prepare('SELECT cost_before, cost_after, status_before, status_after FROM cost_rerating WHERE request_id = ? ORDER BY rerated_at')
      .all(id).map((row) => ({ ...row }));
  } finally {
    database.close();
  }
};
const costs = (id, wanted) => until(`${id} costs ${wanted}`, async () => (await pulse.record(id)).cost === wanted);

describe('a model without a price', () => {
  let first;
  let last;
  let other;
  before(async () => { pulse = await Pulse.start({ config: { providers: { openai: openai() } } }); });
  after(async () => { await pulse?.stop(); });

  it('is estimated and counted', async () => {
    first = await call('gpt-99-ultra');
    last = await call('gpt-99-ultra');
    other = await call('gpt-98-mini');
    assert.equal(first.cost_status, 'estimated');
    assert.ok(Number(first.cost) > 0);
    assert.ok((await pulse.metric('pulse_unpriced_requests_total')) === 3);
  });

  it('is listed with its calls, what they were estimated at and when', async () => {
    const models = await until('both are in the ledger', () => {
      const listed = unpriced();
      return listed.length === 2 && listed.reduce((sum, { calls }) => sum + calls, 0) === 3 && listed;
    });
    const ultra = models.find(({ model }) => model === 'gpt-99-ultra');
    assert.equal(ultra.provider, 'openai');
    assert.equal(ultra.calls, 2);
    assert.equal(Number(ultra.estimated_cost).toFixed(12), (Number(first.cost) + Number(last.cost)).toFixed(12));
    assert.equal(ultra.first_seen.slice(0, 23), first.ts.slice(0, 23));
    assert.equal(ultra.last_seen.slice(0, 23), last.ts.slice(0, 23));
    assert.equal(ultra.known_now, false);
    assert.deepEqual(unpriced('--provider', 'nobody'), []);
    assert.match(pulse.cli('prices', 'list', '--unpriced').stdout, /gpt-99-ultra +2 /);
    const wrong = pulse.cli('prices', 'list', '--unpriced', '--catalog', 'x.json');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /leave --catalog out/);
  });

  it('is rated again when the configuration knows it, with both values kept', async () => {
    know(['gpt-99-ultra', 1]);
    assert.equal(unpriced().find(({ model }) => model === 'gpt-99-ultra').known_now, true);
    pulse.child.kill('SIGHUP');
    await costs(first.id, '0.000017');
    await costs(last.id, '0.000017');
    const now = await pulse.record(first.id);
    assert.equal(now.cost_status, 'exact');
    assert.equal(now.attempts[0].cost, '0.000017');
    assert.deepEqual(history(first.id), [{ cost_before: first.cost, cost_after: '0.000017', status_before: 'estimated', status_after: 'exact' }]);
    assert.deepEqual(unpriced().map(({ model }) => model), ['gpt-98-mini']);
    assert.equal((await pulse.record(other.id)).cost, other.cost);
    await until('the log says how many', () => /rated again.*"?requests"?[=:]"?2/.test(pulse.output));
  });

  it('is rated again at a start with newer prices, as an alias too', async () => {
    await pulse.kill('SIGTERM');
    assert.match(pulse.output, /a model has no price.*gpt-98-mini|gpt-98-mini.*a model has no price/s);
    know(['gpt-99-ultra', 1], ['gpt-98', 2, ['gpt-98-mini']]);
    await pulse.launch();
    await costs(other.id, '0.000034');
    assert.equal(history(other.id).length, 1);
    assert.equal(history(first.id).length, 1, 'what was learned before is not touched');
    assert.deepEqual(unpriced(), []);
  });

  it('leaves rows alone that were estimated for another reason', async () => {
    provider.on('test-cut', (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"id":"x","choices":[{"message":{"content":"no numbers"}}]}');
    });
    know(['gpt-99-ultra', 1], ['test-cut', 1]);
    pulse.child.kill('SIGHUP');
    const answer = await until('its price is in force', async () => {
      const row = await call('test-cut');
      return row.usage_source === 'counted' && Number(row.cost) < 0.001 && row;
    });
    const { cost, cost_status } = await pulse.record(answer.id);
    know(['gpt-99-ultra', 1], ['test-cut', 3], ['never', 1]);
    pulse.child.kill('SIGHUP');
    await until('the newer price is in force', async () => (await call('test-cut')).cost !== cost);
    await until('rows were looked at again', () => unpriced().length === 0);
    assert.equal(cost_status, 'estimated');
    assert.equal((await pulse.record(answer.id)).cost, cost);
    assert.deepEqual(history(answer.id), []);
  });
});

describe('prices that are fetched', () => {
  it('rate again what they know, and are what `pulse prices show` and `list` say', async () => {
    const entry = (usd) => ({ litellm_provider: 'openai', mode: 'chat', input_cost_per_token: usd / 1e6, output_cost_per_token: usd / 1e6 });
    let body = '{}';
    const source = http.createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
    await once(source, 'listening');
    const url = `http://127.0.0.1:${source.address().port}/prices.json`;
    pulse = await Pulse.start({ config: { providers: { openai: openai() }, pricing: { refresh: { url, every: '1h' } } } });
    const row = await call('gpt-97-next');
    assert.equal(row.cost_status, 'estimated');
    await until('it is in the ledger', () => unpriced().length === 1);
    await pulse.kill('SIGTERM');

    body = JSON.stringify({ 'gpt-97-next': entry(4), 'gpt-4o': { ...entry(3), output_cost_per_token: 12e-6 } });
    await pulse.launch();
    await costs(row.id, '0.000068');
    const show = pulse.cli('prices', 'show', 'openai/gpt-97-next', '--json');
    assert.equal(show.status, 0, show.stderr);
    const shown = JSON.parse(show.stdout);
    assert.equal(shown.prices.find((one) => one.class === 'input').amount_pico, 4e12);
    assert.equal(shown.price_version, (await pulse.record(row.id)).price_version);
    const list = JSON.parse(pulse.cli('prices', 'list', '--provider', 'openai', '--json').stdout);
    assert.ok(list.models.some(({ id }) => id === 'gpt-97-next'));
    assert.equal(list.version, shown.price_version);
    await pulse.stop();
    source.closeAllConnections();
    source.close();
  });
});

describe('pulse prices list and show', () => {
  it('put the provider\'s own prices where the gateway puts them', async () => {
    pulse = await Pulse.start({ config: { providers: { openai: { ...openai(), prices: { 'gpt-4o': { input: '7', output: '8' } } } } } });
    const show = JSON.parse(pulse.cli('prices', 'show', 'openai/gpt-4o', '--json').stdout);
    assert.equal(Number(show.prices.find((one) => one.class === 'input').amount_pico) / show.prices[0].per, 7e6);
    const same = JSON.parse(pulse.cli('prices', 'list', '--provider', 'openai', '--json').stdout).models.filter(({ id }) => id === 'gpt-4o');
    assert.equal(same.length, 1);
    assert.equal((await call('gpt-4o')).cost, '0.000124');
    await pulse.stop();
  });
});
