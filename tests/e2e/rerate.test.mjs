// `pulse prices rerate`: past requests cost what the prices in force now say, while a gateway runs beside it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { completion, FakeProvider, sendJson, USAGE_COST } from './fake_provider.mjs';
import { providerAt, Pulse, until } from './pulse_process.mjs';

const YEAR = ['--from', '2020-01-01', '--to', '2200-01-01'];
const CALLS = 5;

let provider;
let pulse;

const priced = (input, output) => ({ providers: { openai: { prices: { '*': { input, output } } } } });

function rerate(...words) {
  const { status, stdout, stderr } = pulse.cli('prices', 'rerate', '--json', ...words);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

async function call(model = 'gpt-4o') {
  const answer = await pulse.chat({ model });
  assert.equal(answer.status, 200);
  const id = answer.headers.get('x-pulse-request-id');
  await answer.text();
  await pulse.record(id);
  return id;
}

before(async () => { provider = await new FakeProvider().start(); });
after(async () => { await provider?.stop(); });

describe('re-rating', () => {
  const ids = [];
  before(async () => {
    pulse = await Pulse.start({ config: { providers: { openai: providerAt(provider) } } });
    for (let i = 0; i < CALLS; ++i) ids.push(await call(i === 0 ? 'gpt-4o-mini' : 'gpt-4o'));
  });
  after(async () => { await pulse?.stop(); });

  it('changes nothing while the prices are the same', async () => {
    await until('all rows are in the ledger', () => rerate(...YEAR).rows === CALLS);
    const report = rerate(...YEAR);
    assert.equal(report.rows, CALLS);
    assert.equal(report.changed, 0);
    assert.equal(report.cost_before, '0.00011');
    assert.equal(report.cost_after, '0.00011');
    assert.deepEqual(report.models, []);
  });

  it('says what it would change and changes nothing with --dry-run', async () => {
    pulse.rewriteConfig(priced('1.000001', '2.00')); // 12 tokens at a picodollar more each
    const report = rerate(...YEAR, '--dry-run');
    assert.equal(report.dry_run, true);
    assert.equal(report.changed, CALLS);
    assert.equal(report.difference, '0.00000000006');
    for (const id of ids) assert.equal((await pulse.record(id)).cost, USAGE_COST);
  });

  it('gives every row its new cost, to the last digit, and sums up by model', async () => {
    const report = rerate(...YEAR);
    assert.equal(report.changed, CALLS);
    assert.equal(report.cost_before, '0.00011');
    assert.equal(report.cost_after, '0.00011000006');
    assert.deepEqual(report.models.map(({ model, rows, difference }) => [model, rows, difference]),
      [['gpt-4o', 4, '0.000000000048'], ['gpt-4o-mini', 1, '0.000000000012']]);
    for (const id of ids) {
      const record = await pulse.record(id);
      assert.equal(record.cost, '0.000022000012');
      assert.equal(record.attempts[0].cost, '0.000022000012');
    }
    assert.equal(rerate(...YEAR).changed, 0, 'the second run finds nothing to do');
  });

  it('keeps to the time: from is in it, to is not', async () => {
    pulse.rewriteConfig(priced('3.00', '2.00'));
    const { ts } = await pulse.record(ids[2]);
    const next = (await pulse.record(ids[3])).ts;
    const report = rerate('--from', ts, '--to', next);
    assert.equal(report.changed, 1);
    assert.equal((await pulse.record(ids[2])).cost, '0.000046');
    assert.equal((await pulse.record(ids[1])).cost, '0.000022000012');
    assert.equal((await pulse.record(ids[3])).cost, '0.000022000012');
  });

  it('goes by the tier that was asked for where the answer names none', async () => {
    pulse.rewriteConfig(priced('1.00', '2.00'));
    provider.on('test-tier', (_, response) => {
      const answer = completion('test-tier');
      delete answer.service_tier;
      sendJson(response, 200, answer);
    });
    const answer = await pulse.chat({ model: 'test-tier', service_tier: 'flex' });
    const id = answer.headers.get('x-pulse-request-id');
    const first = await pulse.record(id);
    const since = ['--from', first.ts, '--to', '2200-01-01'];
    await until('the row is in the ledger', () => rerate(...since, '--dry-run').rows === 1);
    assert.equal(rerate(...since).changed, 0);
    assert.equal(first.service_tier, 'flex');
  });

  it('leaves rows of a provider that nobody knows any more as they are, and says so', async () => {
    const known = pulse.config.providers;
    const id = ids[1];
    const { cost } = await pulse.record(id);
    pulse.config = { ...pulse.config, providers: { other: { ...known.openai, models: ['x-*'] } } };
    pulse.rewriteConfig({});
    // The catalogue knows gpt-4o of openai, so that one has a price; test-tier has none.
    const report = rerate(...YEAR, '--dry-run');
    assert.equal(report.unknown, 1, JSON.stringify(report));
    assert.deepEqual(report.unknown_providers, ['openai']);
    assert.equal((await pulse.record(id)).cost, cost);
    pulse.config = { ...pulse.config, providers: known };
    pulse.rewriteConfig({});
  });

  it('refuses a time that is none, with the fix', () => {
    const cases = [[['--from', 'yesterday', '--to', '2026-01-01'], /--from takes a date/], [['--from', '2026-01-02', '--to', '2026-01-02'], /--to must be later/],
      [['--from', '2026-01-02'], /--to is required/]];
    for (const [words, message] of cases) {
      const { status, stderr } = pulse.cli('prices', 'rerate', ...words);
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
  });
});
